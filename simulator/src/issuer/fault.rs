//! Fault of the issuer: the responses of its endpoints while it lasts.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    bad_request::{BadRequest, parse},
    state::Simulator,
};

/// Body of `PUT /issuer/fault`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    status: Option<u16>,
    stall_ms: Option<u64>,
}

/// A fault: a delay of every response, and an error in its place or the usual response.
#[derive(Clone, Copy, Debug)]
struct Fault {
    delay: Duration,
    status: Option<StatusCode>,
}

/// Switch with the fault of one issuer; off at first.
#[derive(Debug, Default)]
pub(crate) struct FaultSwitch(Mutex<Option<Fault>>);

impl FaultSwitch {
    fn fault(&self) -> MutexGuard<'_, Option<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) async fn put(
    State(simulator): State<Simulator>,
    body: Bytes,
) -> Result<StatusCode, BadRequest> {
    let fault = validated(parse(&body)?)?;
    *simulator.issuer_fault.fault() = Some(fault);
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn clear(State(simulator): State<Simulator>) -> StatusCode {
    *simulator.issuer_fault.fault() = None;
    StatusCode::NO_CONTENT
}

/// Responds with the fault, if there is one, in place of an endpoint.
pub(crate) async fn apply(
    State(simulator): State<Simulator>,
    request: Request,
    next: Next,
) -> Response {
    let fault = *simulator.issuer_fault.fault();
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    sleep(fault.delay).await;
    match fault.status {
        Some(status) => {
            let body = json!({ "message": "The issuer has a fault." });
            (status, Json(body)).into_response()
        }
        None => next.run(request).await,
    }
}

fn validated(body: Body) -> Result<Fault, BadRequest> {
    if body.status.is_none() && body.stall_ms.is_none() {
        return Err(BadRequest("a fault has status or stallMs".to_owned()));
    }
    let status = body.status.map(error_status).transpose()?;
    let delay = Duration::from_millis(body.stall_ms.unwrap_or_default());
    Ok(Fault { delay, status })
}

fn error_status(status: u16) -> Result<StatusCode, BadRequest> {
    StatusCode::from_u16(status)
        .ok()
        .filter(|status| status.is_client_error() || status.is_server_error())
        .ok_or_else(|| BadRequest("status: must be between 400 and 599".to_owned()))
}
