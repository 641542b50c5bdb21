//! `POST /model/{modelId}/converse-stream` and `/converse`.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;

use super::{answer, request::Request, stream as streaming, whole as gathering};
use crate::{
    error::AwsError,
    journal::{
        log::Place,
        requests::{Received, Refusal},
        streams::Watch,
    },
    play::cue::Acts,
    state::Simulator,
};

/// A request that was read and noted.
struct Noted {
    id: String,
    place: Place,
    request: Result<Request, AwsError>,
}

pub(crate) async fn stream(
    State(simulator): State<Simulator>,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let noted = note(&simulator, "converse-stream", &model, &headers, &body);
    let begun = begin(&simulator, &model, &noted).await;
    let answered = begun.map(|(acts, request)| {
        let labels = request.request_metadata.clone().unwrap_or_default();
        let watch = Watch::start(&simulator.streams, &noted.id, &model, labels);
        let content_type = (CONTENT_TYPE, "application/vnd.amazon.eventstream");
        ([content_type], streaming::body(acts, watch)).into_response()
    });
    respond(&simulator, &noted, answered)
}

pub(crate) async fn whole(
    State(simulator): State<Simulator>,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let noted = note(&simulator, "converse", &model, &headers, &body);
    let answered = match begin(&simulator, &model, &noted).await {
        Ok((acts, _)) => gathering::gather(acts)
            .await
            .map(|answer| Json(answer).into_response()),
        Err(error) => Err(error),
    };
    respond(&simulator, &noted, answered)
}

fn note(
    simulator: &Simulator,
    operation: &'static str,
    model: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Noted {
    let parsed = serde_json::from_slice::<Value>(body);
    let request = match &parsed {
        Ok(body) => Request::parse(body),
        Err(error) => Err(AwsError::validation(format!(
            "Malformed input request: {error}"
        ))),
    };
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    let received = Received::new(operation, model, headers, parsed.unwrap_or_else(|_| text()));
    Noted {
        id: received.id.clone(),
        place: simulator.requests.add(received),
        request,
    }
}

async fn begin<'a>(
    simulator: &Simulator,
    model: &str,
    noted: &'a Noted,
) -> Result<(Acts, &'a Request), AwsError> {
    let request = noted.request.as_ref().map_err(Clone::clone)?;
    let acts = answer::begin(simulator, model, request).await?;
    Ok((acts, request))
}

/// Notes a refusal, if it is one, and names the request in the answer.
fn respond(simulator: &Simulator, noted: &Noted, answered: Result<Response, AwsError>) -> Response {
    let mut response = answered.unwrap_or_else(|error| {
        simulator.requests.change(noted.place, |received| {
            received.error = Some(Refusal::from(&error))
        });
        error.into_response()
    });
    if let Ok(id) = HeaderValue::from_str(&noted.id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
