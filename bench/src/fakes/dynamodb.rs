//! DynamoDB: an emulator in memory, with a round trip as long as the network's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock;
use crate::fakes::observed::Recorder;

/// Name of the table of connections.
pub(crate) const CONNECTIONS: &str = "connections";

/// Name of the table of threads.
pub(crate) const THREADS: &str = "threads";

/// Name of the table of users.
pub(crate) const USERS: &str = "users";

/// Fake of DynamoDB.
#[derive(Clone)]
pub(crate) struct DynamoDb {
    database: Arc<Database>,
    recorder: Recorder,
    round_trip: Duration,
}

impl DynamoDb {
    /// Makes a database with the tables of the product.
    pub(crate) fn new(recorder: Recorder, round_trip: Duration) -> Result<Self> {
        let database =
            Database::memory().map_err(|error| anyhow!("opening a database: {error}"))?;
        for table in tables() {
            let request = serde_json::from_value(table)?;
            let created = database.create_table(request);
            created.map_err(|error| anyhow!("creating a table: {error}"))?;
        }
        Ok(Self {
            database: Arc::new(database),
            recorder,
            round_trip,
        })
    }

    /// Routes of the service.
    pub(crate) fn routes(self) -> Router {
        Router::new().route("/", post(call)).with_state(self)
    }
}

async fn call(State(db): State<DynamoDb>, headers: HeaderMap, body: Bytes) -> Response {
    let arrived = Instant::now();
    let target = headers.get("x-amz-target");
    let target = target
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    db.recorder
        .record(|observed| observed.storage_requests.push(arrived));
    // The request takes effect in the middle of the round trip.
    clock::at(arrived + db.round_trip / 2).await;
    let (status, answer) = match execute(&db.database, operation, &body) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => (
            StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST),
            error.to_json(),
        ),
    };
    clock::at(arrived + db.round_trip).await;
    db.recorder
        .record(|observed| observed.storage_time += arrived.elapsed());
    let headers = [("content-type", "application/x-amz-json-1.0")];
    (status, headers, answer).into_response()
}

fn execute(db: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "GetItem" => typed(body, |request| db.get_item(request)),
        "PutItem" => typed(body, |request| db.put_item(request)),
        "UpdateItem" => typed(body, |request| db.update_item(request)),
        "DeleteItem" => typed(body, |request| db.delete_item(request)),
        "Query" => typed(body, |request| db.query(request)),
        "BatchGetItem" => typed(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => typed(body, |request| db.batch_write_item(request)),
        "TransactGetItems" => typed(body, |request| db.transact_get_items(request)),
        "TransactWriteItems" => typed(body, |request| db.transact_write_items(request)),
        _ => Err(DynoxideError::ValidationException(format!(
            "{operation} is not part of this fake"
        ))),
    }
}

fn typed<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    call: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = call(request)?;
    serde_json::to_string(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// Requests that create the tables (terraform/modules/longwire/locals.tf).
fn tables() -> [Value; 3] {
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let number = |name: &str| json!({ "AttributeName": name, "AttributeType": "N" });
    let hash = |name: &str| json!({ "AttributeName": name, "KeyType": "HASH" });
    let range = |name: &str| json!({ "AttributeName": name, "KeyType": "RANGE" });
    let connections = json!({
        "TableName": CONNECTIONS,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [hash("connection")],
        "AttributeDefinitions": [
            text("connection"), text("thread"), text("user"), number("connectedAt"), text("room"), text("member")
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_thread",
            "KeySchema": [hash("thread")],
            "Projection": { "ProjectionType": "ALL" },
        }, {
            "IndexName": "by_user",
            "KeySchema": [hash("user"), range("connectedAt")],
            "Projection": { "ProjectionType": "ALL" },
        }, {
            "IndexName": "by_room",
            "KeySchema": [hash("room"), range("member")],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    });
    let threads = json!({
        "TableName": THREADS,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [hash("thread"), range("item")],
        "AttributeDefinitions": [text("thread"), text("item"), text("open"), number("wakeBy")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "open_runs",
            "KeySchema": [hash("open"), range("wakeBy")],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    });
    let users = json!({
        "TableName": USERS,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [hash("user"), range("item")],
        "AttributeDefinitions": [text("user"), text("item")],
    });
    [connections, threads, users]
}
