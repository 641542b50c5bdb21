//! `@connections` of API Gateway: takes posts after a round trip, and fails as the real one does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Part of the round trip in which a connection takes the frame, and no other one. How long it is in API Gateway, and how
    /// many posts a second a connection takes, is not documented.
    pub(crate) frame: Duration,
    /// Fault.
    pub(crate) fault: Fault,
}

/// Turns of frames: a connection takes one at a time, in the order of their arrival.
#[derive(Debug, Default)]
struct Turns(HashMap<String, Instant>);

impl Turns {
    /// Returns when a connection begins to take a frame that arrives at some time.
    fn begin(&mut self, connection: &str, arrives: Instant, frame: Duration) -> Instant {
        let free = self.0.entry(connection.to_owned()).or_insert(arrives);
        let begins = arrives.max(*free);
        *free = begins + frame;
        begins
    }
}

/// Fake of `@connections`.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    recorder: Recorder,
    behaviour: Arc<Mutex<Behaviour>>,
    turns: Arc<Mutex<Turns>>,
}

impl Connections {
    /// Makes connections that take every post at once.
    pub(crate) fn new(recorder: Recorder) -> Self {
        let behaviour = Behaviour {
            round_trip: Duration::ZERO,
            frame: Duration::ZERO,
            fault: Fault::None,
        };
        Self {
            recorder,
            behaviour: Arc::new(Mutex::new(behaviour)),
            turns: Arc::default(),
        }
    }

    /// Sets the behaviour of the posts of the next run.
    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) {
        *lock(&self.behaviour) = behaviour;
        *lock(&self.turns) = Turns::default();
    }

    /// Routes of the service.
    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/{stage}/@connections/{id}", post(take_post))
            .with_state(self)
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
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
    let Behaviour {
        round_trip,
        frame,
        fault,
    } = *lock(&connections.behaviour);
    // The frame reaches its connection in the middle of the round trip.
    let begins = lock(&connections.turns).begin(&id, arrived + round_trip / 2, frame);
    let (open, index) = connections.recorder.post_arrived(id, arrived, body);
    let (status, more) = match fault {
        Fault::Gone(first) if index >= first => (410, Duration::ZERO),
        Fault::Every(nth, status) if index % nth == nth - 1 => (status, Duration::ZERO),
        Fault::Stall(at, millis) if at == index => (200, Duration::from_millis(millis)),
        Fault::None | Fault::Gone(_) | Fault::Every(..) | Fault::Stall(..) => (200, Duration::ZERO),
    };
    clock::at(begins + (round_trip - round_trip / 2) + more).await;
    connections.recorder.post_answered(open, status);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_takes_one_frame_at_a_time() {
        let (ms, start) = (Duration::from_millis, Instant::now());
        let mut turns = Turns::default();
        let mut begin = |connection, at| turns.begin(connection, start + ms(at), ms(2)) - start;
        assert_eq!(begin("a", 0), ms(0));
        assert_eq!(begin("a", 1), ms(2));
        assert_eq!(begin("a", 1), ms(4));
        assert_eq!(begin("b", 1), ms(1));
        assert_eq!(begin("a", 9), ms(9));
    }

    #[test]
    fn frames_that_take_no_time_do_not_wait() {
        let start = Instant::now();
        let mut turns = Turns::default();
        for _ in 0..3 {
            assert_eq!(turns.begin("a", start, Duration::ZERO), start);
        }
    }
}
