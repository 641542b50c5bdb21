//! `/_sim/requests`, `/_sim/streams`, `/_sim/calls`: shown, and cleared.

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    journal::{calls::Call, requests::Received, streams::Stream},
    state::Simulator,
};

pub(crate) async fn requests(State(simulator): State<Simulator>) -> Json<Vec<Received>> {
    Json(simulator.requests.all())
}

pub(crate) async fn clear_requests(State(simulator): State<Simulator>) -> StatusCode {
    simulator.requests.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn streams(State(simulator): State<Simulator>) -> Json<Vec<Stream>> {
    Json(simulator.streams.all())
}

pub(crate) async fn clear_streams(State(simulator): State<Simulator>) -> StatusCode {
    simulator.streams.clear();
    StatusCode::NO_CONTENT
}

pub(crate) async fn calls(State(simulator): State<Simulator>) -> Json<Vec<Call>> {
    Json(simulator.calls.all())
}

pub(crate) async fn clear_calls(State(simulator): State<Simulator>) -> StatusCode {
    simulator.calls.clear();
    StatusCode::NO_CONTENT
}
