//! Gate of an operation: each of its requests waits until its fate is decided.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;

/// Fate of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The request is sent, and its response arrives.
    Pass,
    /// The request is not sent.
    Fail,
    /// The request is sent, and its response is lost.
    LoseResponse,
}

/// Gate of one operation.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    arrived: Notify,
    opened: Notify,
}

#[derive(Debug, Default)]
struct State {
    fate: Option<Fate>,
    requests: u32,
    effects: u32,
}

impl Gate {
    /// Waits until a request is at the gate.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Opens the gate for the request that waits.
    pub(super) fn open(&self, fate: Fate) {
        self.state().fate = Some(fate);
        self.opened.notify_one();
    }

    /// Number of requests that passed, whether or not they were sent.
    pub(super) fn requests(&self) -> u32 {
        self.state().requests
    }

    /// Takes the number of writes that took effect since the last call.
    pub(super) fn take_effects(&self) -> u32 {
        std::mem::take(&mut self.state().effects)
    }

    /// Waits with a request until the gate is open, and returns its fate.
    pub(super) async fn pass(&self) -> Fate {
        self.arrived.notify_one();
        self.opened.notified().await;
        let mut state = self.state();
        state.requests += 1;
        state.fate.take().expect("an open gate has a fate")
    }

    /// Counts a write that took effect.
    pub(super) fn count_effect(&self) {
        self.state().effects += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is locked")
    }
}
