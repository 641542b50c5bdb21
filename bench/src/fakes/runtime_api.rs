//! Runtime API of Lambda for one function ("Using the Lambda runtime API for custom runtimes").

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::fakes::server::serve;

/// Time that an invocation may take, and so the deadline that the function is told.
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// Longest time that the bench waits for the function.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(120);

/// Invocation that is over.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// Time at which the function was given the event.
    pub(crate) started: Instant,
    /// Time at which its response was complete.
    pub(crate) ended: Instant,
    /// Response.
    pub(crate) response: Value,
}

/// Runtime API of one function.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Event>,
    next: watch::Receiver<Option<Instant>>,
}

#[derive(Debug)]
struct Event {
    body: Vec<u8>,
    started: oneshot::Sender<Instant>,
    answered: oneshot::Sender<Answer>,
}

/// Answer of the function: its response, or its error.
type Answer = (Instant, Result<Bytes, Bytes>);

#[derive(Debug)]
struct Served {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    open: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    next: watch::Sender<Option<Instant>>,
}

impl RuntimeApi {
    /// Serves the API on a free port.
    pub(crate) fn serve() -> Result<Self> {
        let (events, received) = mpsc::unbounded_channel();
        let (next_asked, next) = watch::channel(None);
        let served = Arc::new(Served {
            events: tokio::sync::Mutex::new(received),
            open: Mutex::default(),
            next: next_asked,
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(give_event))
            .route(
                "/2018-06-01/runtime/invocation/{id}/{outcome}",
                post(take_answer),
            )
            .with_state(served);
        Ok(Self {
            address: serve(routes)?,
            events,
            next,
        })
    }

    /// Value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until the function asks for its first event, and returns when it did.
    pub(crate) async fn ready(&self) -> Result<Instant> {
        let mut next = self.next.clone();
        let asked = tokio::time::timeout(RESPONSE_TIMEOUT, next.wait_for(Option::is_some));
        let asked = asked
            .await
            .context("the function does not ask for an event")??;
        Ok(asked.expect("the wait is over"))
    }

    /// Invokes the function.
    pub(crate) async fn invoke(&self, event: &Value) -> Result<Invocation> {
        let (started, was_started) = oneshot::channel();
        let (answered, was_answered) = oneshot::channel();
        let body = serde_json::to_vec(event)?;
        self.events.send(Event {
            body,
            started,
            answered,
        })?;
        let answer = tokio::time::timeout(RESPONSE_TIMEOUT, was_answered);
        let (ended, answer) = answer.await.context("the function does not answer")??;
        match answer {
            Ok(response) => Ok(Invocation {
                started: was_started.await?,
                ended,
                response: serde_json::from_slice(&response).unwrap_or_default(),
            }),
            Err(error) => bail!("the function failed: {}", String::from_utf8_lossy(&error)),
        }
    }
}

async fn give_event(State(served): State<Arc<Served>>) -> Response {
    served.next.send_replace(Some(Instant::now()));
    let Some(event) = served.events.lock().await.recv().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let id = format!(
        "{:032x}",
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos()
    );
    let mut open = served.open.lock().unwrap_or_else(PoisonError::into_inner);
    open.insert(id.clone(), event.answered);
    let deadline = SystemTime::now() + TIME_LIMIT;
    let deadline = deadline
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:bench".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-65c67e50-5d2f0e1d3b4c5a6978877665;Sampled=0".to_owned(),
        ),
    ];
    // The caller may have given up; the function gets the event all the same.
    let _ = event.started.send(Instant::now());
    (headers, event.body).into_response()
}

async fn take_answer(
    State(served): State<Arc<Served>>,
    Path((id, outcome)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    match outcome.as_str() {
        "response" => served.answer(&id, Ok(body)),
        "error" => served.answer(&id, Err(body)),
        _ => StatusCode::NOT_FOUND,
    }
}

impl Served {
    fn answer(&self, id: &str, answer: Result<Bytes, Bytes>) -> StatusCode {
        let answered = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.remove(id) {
            Some(waiting) => {
                let _ = waiting.send((answered, answer));
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}
