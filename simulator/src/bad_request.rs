//! Refusals of requests to the simulator's own interface.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Reason of a refusal, sent as `message` with status 400.
#[derive(Debug)]
pub(crate) struct BadRequest(pub(crate) String);

impl IntoResponse for BadRequest {
    fn into_response(self) -> Response {
        let body = Json(json!({ "message": self.0 }));
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// Parses the JSON of a body, whatever its content type. The error names the invalid field.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadRequest> {
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| BadRequest(format!("{}: {}", error.path(), error.inner())))
}
