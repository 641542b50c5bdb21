//! The streams answered and what became of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::log::{Log, Place};
use crate::clock::epoch_ms;

/// One stream.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// The request's id.
    pub id: String,
    /// The model it names.
    pub model: String,
    /// The caller's labels.
    pub request_metadata: BTreeMap<String, String>,
    /// Epoch milliseconds.
    pub started: u64,
    /// Epoch milliseconds; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// What became of it.
    pub state: State,
    /// How many deltas were sent.
    pub deltas: usize,
    /// Epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_delta_at: Option<u64>,
}

/// What became of a stream or a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It goes on.
    Running,
    /// The simulator sent all it had to, faults included.
    Finished,
    /// The client went away before that.
    Dropped,
}

/// Follows one stream. Letting go of it before `finish` is how a stream is found to be dropped: the
/// server drops the body as soon as the connection is closed, also while the stream is silent.
#[derive(Debug)]
pub(crate) struct Watch {
    log: Log<Stream>,
    place: Place,
    open: bool,
}

impl Watch {
    pub(crate) fn start(
        log: &Log<Stream>,
        id: &str,
        model: &str,
        labels: BTreeMap<String, String>,
    ) -> Self {
        let place = log.add(Stream {
            id: id.to_owned(),
            model: model.to_owned(),
            request_metadata: labels,
            started: epoch_ms(),
            ended: None,
            state: State::Running,
            deltas: 0,
            first_delta_at: None,
        });
        Self {
            log: log.clone(),
            place,
            open: true,
        }
    }

    pub(crate) fn delta(&self) {
        self.log.change(self.place, |stream| {
            stream.deltas += 1;
            stream.first_delta_at.get_or_insert_with(epoch_ms);
        });
    }

    pub(crate) fn finish(&mut self) {
        self.end(State::Finished);
    }

    fn end(&mut self, state: State) {
        if std::mem::take(&mut self.open) {
            self.log.change(self.place, |stream| {
                stream.state = state;
                stream.ended = Some(epoch_ms());
            });
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(State::Dropped);
    }
}
