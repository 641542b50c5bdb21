//! Local HTTP server that plays DynamoDB and SQS: it sends scripted responses in order and records the requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use longwire_core::ids::{Owner, RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Request: its operation and its body.
pub(super) type Request = (String, Value);

/// Response: its status and its body.
pub(super) type Response = (u16, Value);

#[derive(Clone, Default)]
struct Script {
    responses: Arc<Mutex<VecDeque<Response>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// Server with a script.
pub(super) struct Scripted {
    /// Endpoint of both services.
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Starts a server with these responses. A further request gets a `ValidationException`.
    pub(super) async fn with_responses(responses: impl IntoIterator<Item = Response>) -> Self {
        let script = Script {
            responses: Arc::new(Mutex::new(responses.into_iter().collect())),
            ..Script::default()
        };
        let requests = script.requests.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = Router::new().fallback(respond).with_state(script);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, requests }
    }

    /// Client of the table.
    pub(super) fn threads(&self) -> Threads {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .endpoint_url(&self.url)
            .build();
        Threads::new(Client::from_conf(config), "threads")
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .expect("no test panics while it holds the lock")
            .clone()
    }

    /// Operations of the requests so far.
    pub(super) fn operations(&self) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests.map(|(operation, _)| operation).collect()
    }

    /// Body of the last request.
    pub(super) fn last_body(&self) -> Value {
        let (_, body) = self.requests().pop().expect("a request was sent");
        body
    }
}

async fn respond(
    State(script): State<Script>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.split('.').next_back().unwrap_or_default().to_owned();
    let body = serde_json::from_str(&body).unwrap_or_default();
    script
        .requests
        .lock()
        .expect("no test panics while it holds the lock")
        .push((operation, body));
    let response = script
        .responses
        .lock()
        .expect("no test panics while it holds the lock")
        .pop_front();
    let (status, body) = response.unwrap_or((
        400,
        json!({ "__type": "ValidationException", "message": "not in the script" }),
    ));
    (
        StatusCode::from_u16(status).expect("a status"),
        body.to_string(),
    )
}

pub(super) fn key() -> ThreadKey {
    ThreadKey {
        owner: Owner::anonymous(),
        thread_id: ThreadId::trusted("t_1"),
    }
}

pub(super) fn run_id() -> RunId {
    RunId::trusted("r_1")
}

/// Control row of a running run as a DynamoDB item, with these attributes replaced.
pub(super) fn row(replaced: Value) -> Value {
    let mut row = json!({
        "thread": { "S": "anonymous/t_1" },
        "item": { "S": "RUN#r_1" },
        "v": { "N": "1" },
        "status": { "S": "running" },
        "epoch": { "N": "1" },
        "takenBy": { "S": "me" },
        "restarts": { "L": [] },
        "leaseUntil": { "N": "1045" },
        "wakeBy": { "N": "1165" },
        "crashes": { "N": "0" },
        "attached": { "M": {} },
        "onGone": { "S": "cancel" },
        "lastSeq": { "N": "0" },
        "messageId": { "S": "u_1" },
        "usage": { "M": { "inputTokens": { "N": "0" }, "outputTokens": { "N": "0" }, "totalTokens": { "N": "0" } } },
        "startedAt": { "N": "990" },
        "ttl": { "N": "173790" }
    });
    let (Value::Object(attributes), Value::Object(replaced)) = (&mut row, replaced) else {
        unreachable!("both are objects")
    };
    attributes.extend(replaced);
    row
}

/// Response to an update that took effect.
pub(super) fn updated(item: &Value) -> Response {
    (200, json!({ "Attributes": item }))
}

/// Response to an update whose condition failed, with the current item.
pub(super) fn refused(item: Option<Value>) -> Response {
    let mut body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed"
    });
    if let Some(item) = item {
        body["Item"] = item;
    }
    (400, body)
}

/// Response to a transaction that took effect.
pub(super) fn transacted() -> Response {
    (200, json!({}))
}

/// Response to a transaction that was cancelled for this reason.
pub(super) fn transaction_cancelled(code: &str) -> Response {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]"),
        "CancellationReasons": [{ "Code": code }, { "Code": "None" }]
    });
    (400, body)
}

/// Response to a read that found an item.
pub(super) fn found(item: &Value) -> Response {
    (200, json!({ "Item": item }))
}

/// Response of a service that fails.
pub(super) fn server_error() -> Response {
    (
        500,
        json!({ "__type": "InternalServerError", "message": "the service failed" }),
    )
}
