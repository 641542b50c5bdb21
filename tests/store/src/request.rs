//! Requests of the SDK as the fault injector sees them, and the response of a transaction conflict, which the emulator
//! never returns.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use longwire_core::job::Job;
use serde_json::{Value, json};

/// Request of the SDK.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    /// Write of one item.
    Write,
    /// Transaction with this number of writes.
    Transaction(usize),
    /// Message to the queue: its job and its delay in seconds.
    Send(Box<Job>, u64),
    /// Read of several items.
    BatchRead,
    /// Other request without an effect on tables and queue.
    Other,
}

impl Request {
    /// Parses a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = || -> Value {
            let bytes = request.body().bytes().unwrap_or_default();
            serde_json::from_slice(bytes).unwrap_or_default()
        };
        match target.rsplit('.').next() {
            Some("UpdateItem" | "PutItem" | "DeleteItem") => Self::Write,
            Some("TransactWriteItems") => {
                Self::Transaction(body()["TransactItems"].as_array().map_or(0, Vec::len))
            }
            Some("SendMessage") => send(&body()),
            Some("BatchGetItem") => Self::BatchRead,
            _ => Self::Other,
        }
    }

    /// Tells whether the request writes to the table.
    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Self::Write | Self::Transaction(_))
    }

    /// Response to a write whose item, or first item, another transaction is writing; `None` when the request is not a
    /// write.
    pub(crate) fn conflict(&self) -> Option<HttpResponse> {
        let kind = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
        let body = match self {
            Self::Write => json!({
                "__type": kind("TransactionConflictException"),
                "message": "Transaction is ongoing for the item",
            }),
            Self::Transaction(items) => {
                let mut reasons = vec![json!({ "Code": "None" }); *items];
                reasons[0] = json!({ "Code": "TransactionConflict", "Message": "…" });
                json!({
                    "__type": kind("TransactionCanceledException"),
                    "Message": "Transaction cancelled",
                    "CancellationReasons": reasons,
                })
            }
            Self::Send(..) | Self::BatchRead | Self::Other => return None,
        };
        let status = 400_u16.try_into().expect("a status");
        Some(HttpResponse::new(status, SdkBody::from(body.to_string())))
    }
}

/// Parses the body of `SendMessage`.
fn send(body: &Value) -> Request {
    let job = body["MessageBody"]
        .as_str()
        .and_then(|text| Job::parse(text).ok());
    let delay = body["DelaySeconds"].as_u64().unwrap_or_default();
    job.map_or(Request::Other, |job| Request::Send(Box::new(job), delay))
}
