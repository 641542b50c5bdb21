//! A table, and a queue, that answer from one list and remember what they were asked.

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
use longwire_queue::Queue;
use longwire_store::threads::Threads;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What was asked: the operation and its body.
pub(super) type Asked = (String, Value);

#[derive(Clone, Default)]
struct Table {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The table's client, and what it was asked so far.
pub(super) struct Scripted {
    pub(super) threads: Threads,
    pub(super) queue: Queue,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// A table with these answers, in their order.
    pub(super) async fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let table = Table {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            ..Table::default()
        };
        let asked = table.asked.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let router = Router::new().fallback(answer).with_state(table);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .endpoint_url(&url)
            .build();
        let queue = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(&url)
            .build();
        Self {
            threads: Threads::new(Client::from_conf(config), "threads"),
            queue: Queue::new(aws_sdk_sqs::Client::from_conf(queue), format!("{url}/runs")),
            asked,
        }
    }

    /// Everything it was asked.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked
            .lock()
            .expect("no test panics while it holds this")
            .clone()
    }

    /// The operations it was asked for.
    pub(super) fn operations(&self) -> Vec<String> {
        self.asked()
            .into_iter()
            .map(|(operation, _)| operation)
            .collect()
    }
}

async fn answer(
    State(table): State<Table>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.split('.').next_back().unwrap_or_default().to_owned();
    let body = serde_json::from_str(&body).unwrap_or_default();
    table
        .asked
        .lock()
        .expect("no test panics while it holds this")
        .push((operation, body));
    let next = table
        .answers
        .lock()
        .expect("no test panics while it holds this")
        .pop_front();
    let (status, body) = next.unwrap_or((
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

pub(super) fn run() -> RunId {
    RunId::trusted("r_1")
}

/// A run's row as DynamoDB has it, with some of its attributes changed.
pub(super) fn row(changed: Value) -> Value {
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
    let (Value::Object(row_map), Value::Object(changed)) = (&mut row, changed) else {
        unreachable!("both are objects")
    };
    row_map.extend(changed);
    row
}

/// An update that went through.
pub(super) fn updated(row: &Value) -> (u16, Value) {
    (200, json!({ "Attributes": row }))
}

/// An update whose condition did not hold, with the item that was in its way.
pub(super) fn refused(item: Option<Value>) -> (u16, Value) {
    let mut body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed"
    });
    if let Some(item) = item {
        body["Item"] = item;
    }
    (400, body)
}

/// A transaction that did not happen, for this reason.
pub(super) fn cancelled(code: &str) -> (u16, Value) {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]"),
        "CancellationReasons": [{ "Code": code }, { "Code": "None" }]
    });
    (400, body)
}

/// An item that was read.
pub(super) fn found(item: &Value) -> (u16, Value) {
    (200, json!({ "Item": item }))
}

/// A service that has its own troubles.
pub(super) fn down() -> (u16, Value) {
    (
        500,
        json!({ "__type": "InternalServerError", "message": "not today" }),
    )
}
