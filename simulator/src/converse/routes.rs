//! `POST /model/{modelId}/converse-stream` and `POST /model/{modelId}/converse`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;

use super::{complete, respond, stream};
use crate::{
    conversation::{
        request::Request,
        target::{Operation, Target},
    },
    error::AwsError,
    records::{
        list::RecordId,
        requests::{ErrorRecord, RequestRecord},
        streams::StreamRecorder,
    },
    response::action::ActionStream,
    state::Simulator,
};

/// A recorded request and the result of its parsing.
struct Recorded {
    request_id: String,
    record: RecordId,
    request: Result<Request, AwsError>,
}

pub(crate) async fn converse_stream(
    State(simulator): State<Simulator>,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    const OPERATION: Operation = Operation::ConverseStream;
    let recorded = record(&simulator, OPERATION, &model, &headers, &body);
    let started = start(&simulator, Target::new(&model, OPERATION), &recorded).await;
    let result = started.map(|(actions, request)| {
        let labels = request.request_metadata.clone().unwrap_or_default();
        let recorder =
            StreamRecorder::start(&simulator.streams, &recorded.request_id, &model, labels);
        let content_type = (CONTENT_TYPE, "application/vnd.amazon.eventstream");
        ([content_type], stream::body(actions, recorder)).into_response()
    });
    finish(&simulator, &recorded, result)
}

pub(crate) async fn converse(
    State(simulator): State<Simulator>,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    const OPERATION: Operation = Operation::Converse;
    let recorded = record(&simulator, OPERATION, &model, &headers, &body);
    let result = match start(&simulator, Target::new(&model, OPERATION), &recorded).await {
        Ok((actions, _)) => complete::collect(actions)
            .await
            .map(|output| Json(output).into_response()),
        Err(error) => Err(error),
    };
    finish(&simulator, &recorded, result)
}

fn record(
    simulator: &Simulator,
    operation: Operation,
    model: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Recorded {
    let parsed = serde_json::from_slice::<Value>(body);
    let request = match &parsed {
        Ok(body) => Request::parse(body),
        Err(error) => Err(AwsError::validation(format!(
            "Malformed input request: {error}"
        ))),
    };
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    let record = RequestRecord::new(
        operation.name(),
        model,
        headers,
        parsed.unwrap_or_else(|_| text()),
    );
    Recorded {
        request_id: record.id.clone(),
        record: simulator.requests.add(record),
        request,
    }
}

async fn start<'a>(
    simulator: &Simulator,
    target: Target<'_>,
    recorded: &'a Recorded,
) -> Result<(ActionStream, &'a Request), AwsError> {
    let request = recorded.request.as_ref().map_err(Clone::clone)?;
    let actions = respond::start(simulator, target, request).await?;
    Ok((actions, request))
}

/// Adds the request id to the response and records an error.
fn finish(
    simulator: &Simulator,
    recorded: &Recorded,
    result: Result<Response, AwsError>,
) -> Response {
    let mut response = result.unwrap_or_else(|error| {
        simulator.requests.update(recorded.record, |record| {
            record.error = Some(ErrorRecord::from(&error));
        });
        error.into_response()
    });
    if let Ok(id) = HeaderValue::from_str(&recorded.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
