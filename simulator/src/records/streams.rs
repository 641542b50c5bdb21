//! Response streams.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    list::{RecordId, RecordList},
    state::RecordState,
};
use crate::clock::epoch_ms;

/// One stream.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamRecord {
    /// Request id.
    pub id: String,
    /// Model id.
    pub model: String,
    /// Labels of the request.
    pub request_metadata: BTreeMap<String, String>,
    /// Start in epoch milliseconds.
    pub started: u64,
    /// End in epoch milliseconds; absent while the stream is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// State of the stream.
    pub state: RecordState,
    /// Number of deltas sent.
    pub deltas: usize,
    /// Time of the first delta in epoch milliseconds; absent before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_delta_at: Option<u64>,
}

/// Records one stream. The state becomes `dropped` if the recorder is dropped before [`Self::finish`]: the
/// server drops the body, and the recorder with it, as soon as the connection closes, even while the stream
/// is silent.
#[derive(Debug)]
pub(crate) struct StreamRecorder {
    streams: RecordList<StreamRecord>,
    id: RecordId,
    running: bool,
}

impl StreamRecorder {
    /// Adds the record of a stream that starts now.
    pub(crate) fn start(
        streams: &RecordList<StreamRecord>,
        request_id: &str,
        model: &str,
        labels: BTreeMap<String, String>,
    ) -> Self {
        let id = streams.add(StreamRecord {
            id: request_id.to_owned(),
            model: model.to_owned(),
            request_metadata: labels,
            started: epoch_ms(),
            ended: None,
            state: RecordState::Running,
            deltas: 0,
            first_delta_at: None,
        });
        Self {
            streams: streams.clone(),
            id,
            running: true,
        }
    }

    /// Counts a delta.
    pub(crate) fn count_delta(&self) {
        self.streams.update(self.id, |stream| {
            stream.deltas += 1;
            stream.first_delta_at.get_or_insert_with(epoch_ms);
        });
    }

    /// Marks the stream as finished.
    pub(crate) fn finish(&mut self) {
        self.end(RecordState::Finished);
    }

    fn end(&mut self, state: RecordState) {
        if std::mem::take(&mut self.running) {
            self.streams.update(self.id, |stream| {
                stream.state = state;
                stream.ended = Some(epoch_ms());
            });
        }
    }
}

impl Drop for StreamRecorder {
    fn drop(&mut self) {
        self.end(RecordState::Dropped);
    }
}
