//! `/_sim/requests`, `/_sim/streams`, `/_sim/calls`: lists and clears the records.

use axum::{Json, extract::State, http::StatusCode};

use super::{calls::CallRecord, requests::RequestRecord, streams::StreamRecord};
use crate::state::Simulator;

pub(crate) async fn requests(State(simulator): State<Simulator>) -> Json<Vec<RequestRecord>> {
    Json(simulator.requests.all())
}

pub(crate) async fn clear_requests(State(simulator): State<Simulator>) -> StatusCode {
    simulator.requests.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn streams(State(simulator): State<Simulator>) -> Json<Vec<StreamRecord>> {
    Json(simulator.streams.all())
}

pub(crate) async fn clear_streams(State(simulator): State<Simulator>) -> StatusCode {
    simulator.streams.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn calls(State(simulator): State<Simulator>) -> Json<Vec<CallRecord>> {
    Json(simulator.calls.all())
}

pub(crate) async fn clear_calls(State(simulator): State<Simulator>) -> StatusCode {
    simulator.calls.clear();
    StatusCode::NO_CONTENT
}
