//! A server that says what the test tells it, in Bedrock's bytes.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::{Client, Config};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use futures::StreamExt;
use longwire_adapters::bedrock::{Bedrock, Settings};

/// What the server does next.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// It sends these bytes.
    Bytes(Vec<u8>),
    /// It says nothing more, but stays on the line.
    Silence,
    /// It breaks the line off.
    Break,
}

/// One event in its frame.
pub(super) fn event(kind: &str, payload: &str) -> Piece {
    frame("event", ":event-type", kind, payload)
}

/// An exception in its frame.
pub(super) fn exception(kind: &str, payload: &str) -> Piece {
    frame("exception", ":exception-type", kind, payload)
}

fn frame(message: &str, key: &'static str, kind: &str, payload: &str) -> Piece {
    let header = |name: &'static str, value: &str| {
        Header::new(name, HeaderValue::String(value.to_owned().into()))
    };
    let message = Message::new(payload.as_bytes().to_vec())
        .add_header(header(":message-type", message))
        .add_header(header(key, kind))
        .add_header(header(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a frame");
    Piece::Bytes(bytes)
}

/// How it answers every request.
#[derive(Debug, Clone)]
enum Script {
    Stream(Vec<Piece>),
    Refusal(u16, Option<String>, String),
    Nothing,
}

pub(super) struct Server {
    base: String,
    /// Path and body of each request.
    requests: Arc<Mutex<Vec<(String, String)>>>,
    /// How many answers are over, said to their end or dropped before it.
    over: Arc<AtomicUsize>,
}

struct Over(Arc<AtomicUsize>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Server {
    /// Answers each request with these pieces.
    pub(super) async fn saying(pieces: Vec<Piece>) -> Self {
        Self::start(Script::Stream(pieces)).await
    }

    /// Refuses each request with this status, error type and body.
    pub(super) async fn refusing(status: u16, kind: Option<&str>, body: &str) -> Self {
        let kind = kind.map(str::to_owned);
        Self::start(Script::Refusal(status, kind, body.to_owned())).await
    }

    /// Takes requests and never answers.
    pub(super) async fn silent() -> Self {
        Self::start(Script::Nothing).await
    }

    async fn start(script: Script) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicUsize::new(0));
        let (log, ends) = (Arc::clone(&requests), Arc::clone(&over));
        let routes = Router::new().fallback(move |uri: Uri, body: String| {
            log.lock()
                .expect("no panic")
                .push((uri.path().to_owned(), body));
            respond(script.clone(), Over(Arc::clone(&ends)))
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            base,
            requests,
            over,
        }
    }

    pub(super) fn bedrock(&self) -> Bedrock {
        self.bedrock_with(Settings::new(
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ))
    }

    pub(super) fn bedrock_with(&self, settings: Settings) -> Bedrock {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(&self.base)
            .build();
        Bedrock::new(Client::from_conf(config), settings)
    }

    pub(super) fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().expect("no panic").clone()
    }

    pub(super) fn over(&self) -> usize {
        self.over.load(Ordering::SeqCst)
    }
}

async fn respond(script: Script, over: Over) -> Response<Body> {
    let response = Response::builder();
    match script {
        Script::Stream(pieces) => response
            .header("content-type", "application/vnd.amazon.eventstream")
            .body(said(pieces, over)),
        Script::Refusal(status, kind, body) => {
            let response = response.status(StatusCode::from_u16(status).expect("a status"));
            match kind {
                Some(kind) => response.header("x-amzn-errortype", kind),
                None => response,
            }
            .body(Body::from(body))
        }
        Script::Nothing => {
            futures::future::pending::<()>().await;
            drop(over);
            response.body(Body::empty())
        }
    }
    .expect("a response")
}

fn said(pieces: Vec<Piece>, over: Over) -> Body {
    let pieces = futures::stream::iter(pieces).then(move |piece| {
        let _held = &over;
        async move {
            match piece {
                Piece::Bytes(bytes) => Ok(bytes),
                Piece::Silence => futures::future::pending().await,
                Piece::Break => {
                    // The server flushes what was said before when it has to wait.
                    tokio::task::yield_now().await;
                    Err(io::Error::other("the line broke"))
                }
            }
        }
    });
    Body::from_stream(pieces)
}

/// Polls until it holds; fails after ten seconds.
pub(super) async fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it never came to that"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
