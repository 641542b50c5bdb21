//! What a request is, and the answers that the emulator never gives.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use longwire_core::job::Job;
use serde_json::{Value, json};

/// What a request of the SDK asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    /// A write of one item.
    Write,
    /// A write of so many items.
    Transaction(usize),
    /// A message, to come after so many seconds.
    Send(Box<Job>, u64),
    /// Anything that changes nothing.
    Other,
}

impl Request {
    /// Reads it.
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
            Some("SendMessage") => sent(&body()),
            _ => Self::Other,
        }
    }

    /// Whether it changes the table.
    pub(crate) fn writes(&self) -> bool {
        matches!(self, Self::Write | Self::Transaction(_))
    }

    /// The answer when another transaction is at the item; `None` when this request cannot get it.
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
            Self::Send(..) | Self::Other => return None,
        };
        let status = 400_u16.try_into().expect("a status");
        Some(HttpResponse::new(status, SdkBody::from(body.to_string())))
    }
}

fn sent(body: &Value) -> Request {
    let job = body["MessageBody"]
        .as_str()
        .and_then(|text| Job::parse(text).ok());
    let delay = body["DelaySeconds"].as_u64().unwrap_or_default();
    job.map_or(Request::Other, |job| Request::Send(Box::new(job), delay))
}
