//! SQS: records sent messages. The bench delivers them itself.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::clock;
use crate::fakes::observed::Recorder;

/// Fake of SQS.
#[derive(Debug, Clone)]
pub(crate) struct Sqs {
    /// Recorder of messages.
    pub(crate) recorder: Recorder,
    /// Time of a round trip.
    pub(crate) round_trip: Duration,
}

impl Sqs {
    /// Routes of the service.
    pub(crate) fn routes(self) -> Router {
        Router::new().route("/", post(call)).with_state(self)
    }
}

async fn call(State(sqs): State<Sqs>, headers: HeaderMap, body: String) -> Response {
    let due = Instant::now() + sqs.round_trip;
    let target = headers.get("x-amz-target");
    let target = target
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let answer = match target {
        "AmazonSQS.SendMessage" => {
            let request: Value = serde_json::from_str(&body).unwrap_or_default();
            let message = request["MessageBody"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            sqs.recorder
                .record(|observed| observed.messages.push(message));
            json!({ "MessageId": "00000000-0000-4000-8000-000000000000" })
        }
        _ => json!({}),
    };
    clock::at(due).await;
    (
        [("content-type", "application/x-amz-json-1.0")],
        answer.to_string(),
    )
        .into_response()
}
