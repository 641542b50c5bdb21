//! `/_sim/scenarios`: lists, shows, adds and removes scenarios.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::json;

use super::{definition::Scenario, select::is_name_character};
use crate::state::Simulator;

/// Lists the names with their descriptions.
pub(crate) async fn list(
    State(simulator): State<Simulator>,
) -> Json<BTreeMap<String, Option<String>>> {
    Json(
        simulator
            .scenarios
            .all()
            .into_iter()
            .map(|(name, scenario)| (name, scenario.about))
            .collect(),
    )
}

pub(crate) async fn show(State(simulator): State<Simulator>, Path(name): Path<String>) -> Response {
    match simulator.scenarios.get(&name) {
        Some(scenario) => Json(scenario).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(crate) async fn put(
    State(simulator): State<Simulator>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    if name.is_empty() || !name.chars().all(is_name_character) {
        return bad_request("a scenario's name has letters, digits, `-` and `_`");
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(&body);
    match serde_path_to_error::deserialize::<_, Scenario>(deserializer) {
        Ok(scenario) => match scenario.validate() {
            Ok(()) => {
                simulator.scenarios.insert(name, scenario);
                StatusCode::NO_CONTENT.into_response()
            }
            Err(error) => bad_request(&error),
        },
        Err(error) => bad_request(&format!("{}: {}", error.path(), error.inner())),
    }
}

pub(crate) async fn remove(
    State(simulator): State<Simulator>,
    Path(name): Path<String>,
) -> StatusCode {
    if simulator.scenarios.remove(&name) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

fn bad_request(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}
