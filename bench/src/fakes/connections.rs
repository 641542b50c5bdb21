//! `@connections` of API Gateway: takes posts after a round trip, and fails as the real one does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;

use crate::clock;
use crate::fakes::observed::Recorder;

/// Name of the stage.
pub(crate) const STAGE: &str = "live";

/// Beginning of the ids of the bench's connections. Others do not exist.
pub(crate) const PREFIX: &str = "bench-";

/// Fault of posts. Posts of a run are counted from 0, repetitions included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The connection is gone from this post on: status 410.
    Gone(usize),
    /// Every n-th post gets this status.
    Every(usize, u16),
    /// One post, by its number, takes so many milliseconds longer.
    Stall(usize, u64),
}

/// Behaviour of posts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    /// Time of a round trip, without the work of both sides.
    pub(crate) round_trip: Duration,
    /// Fault.
    pub(crate) fault: Fault,
}

/// Fake of `@connections`.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    recorder: Recorder,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Connections {
    /// Makes connections that take every post at once.
    pub(crate) fn new(recorder: Recorder) -> Self {
        let behaviour = Behaviour {
            round_trip: Duration::ZERO,
            fault: Fault::None,
        };
        Self {
            recorder,
            behaviour: Arc::new(Mutex::new(behaviour)),
        }
    }

    /// Sets the behaviour of the posts of the next run.
    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) {
        *self.lock() = behaviour;
    }

    /// Routes of the service.
    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/{stage}/@connections/{id}", post(take_post))
            .with_state(self)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Behaviour> {
        self.behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take_post(
    State(connections): State<Connections>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let arrived = Instant::now();
    if !id.starts_with(PREFIX) {
        return StatusCode::BAD_REQUEST;
    }
    let Behaviour { round_trip, fault } = *connections.lock();
    let (open, index) = connections.recorder.post_arrived(id, arrived, body);
    let (status, more) = match fault {
        Fault::Gone(first) if index >= first => (410, Duration::ZERO),
        Fault::Every(nth, status) if index % nth == nth - 1 => (status, Duration::ZERO),
        Fault::Stall(at, millis) if at == index => (200, Duration::from_millis(millis)),
        Fault::None | Fault::Gone(_) | Fault::Every(..) | Fault::Stall(..) => (200, Duration::ZERO),
    };
    clock::at(arrived + round_trip + more).await;
    connections.recorder.post_answered(open, status);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
