//! `/_sim/scenarios`: lists, shows, adds and removes scenarios.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{definition::Scenario, select::is_name_character};
use crate::{
    bad_request::{BadRequest, parse},
    state::Simulator,
};

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
) -> Result<StatusCode, BadRequest> {
    if name.is_empty() || !name.chars().all(is_name_character) {
        let reason = "a scenario's name has letters, digits, `-` and `_`";
        return Err(BadRequest(reason.to_owned()));
    }
    let scenario: Scenario = parse(&body)?;
    scenario.validate().map_err(BadRequest)?;
    simulator.scenarios.insert(name, scenario);
    Ok(StatusCode::NO_CONTENT)
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
