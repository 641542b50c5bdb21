//! Operation of the store that makes one request at a time.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::emulator::Emulator;
use super::gate::{Fate, Gate};

/// Operation under way. It has crashed when it is dropped.
pub(super) struct Operation<T> {
    gate: Arc<Gate>,
    future: BoxFuture<'static, T>,
}

/// State of an operation after a request.
pub(super) struct Progress<T> {
    /// Tells whether the request took effect.
    pub(super) took_effect: bool,
    /// Result of the operation; `None` when it makes another request.
    pub(super) result: Option<T>,
}

impl<T> Operation<T> {
    /// Starts an operation, until it makes its first request.
    pub(super) async fn start(emulator: &Emulator, future: BoxFuture<'static, T>) -> Self {
        let gate = Arc::default();
        let mut operation = Self { gate, future };
        let result = operation.until_request(emulator).await;
        assert!(result.is_none(), "every operation makes a request");
        operation
    }

    /// Number of requests so far.
    pub(super) fn requests(&self) -> u32 {
        self.gate.requests()
    }

    /// Lets a request meet its fate, until the next request or the end.
    pub(super) async fn go_on(&mut self, emulator: &Emulator, fate: Fate) -> Progress<T> {
        self.gate.open(fate);
        let result = self.until_request(emulator).await;
        Progress {
            took_effect: self.gate.take_effects() > 0,
            result,
        }
    }

    async fn until_request(&mut self, emulator: &Emulator) -> Option<T> {
        emulator.use_gate(&self.gate);
        tokio::select! {
            biased;
            result = &mut self.future => Some(result),
            () = self.gate.arrival() => None,
        }
    }
}
