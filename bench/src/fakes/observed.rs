//! Observations of the fakes during one run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// Observations of one run.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// Arrivals of requests at the model.
    pub(crate) model_requests: Vec<Instant>,
    /// Times at which the model wrote the deltas of its text.
    pub(crate) deltas: Vec<Instant>,
    /// Time by which each of these deltas was later than its trace says.
    pub(crate) late: Vec<Duration>,
    /// End of the last stream of the model, whether it was read to its end or dropped.
    pub(crate) model_ended: Option<Instant>,
    /// Posts to connections, in the order of their arrival.
    pub(crate) posts: Vec<Post>,
    /// Messages sent to a queue.
    pub(crate) messages: Vec<String>,
    /// Arrivals of requests at the tables.
    pub(crate) storage_requests: Vec<Instant>,
    /// Time that the tables took from the arrivals of these requests to their answers, in all.
    pub(crate) storage_time: Duration,
}

/// Post to a connection.
#[derive(Debug)]
pub(crate) struct Post {
    /// Id of the connection.
    pub(crate) connection: String,
    /// Time at which the request was complete.
    pub(crate) arrived: Instant,
    /// Time at which it was answered; `None` when the client gave it up.
    pub(crate) answered: Option<Instant>,
    /// Status of the answer.
    pub(crate) status: u16,
    /// Frame.
    pub(crate) body: Bytes,
}

/// Post that was not answered yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenPost {
    run: usize,
    index: usize,
}

/// Recorder that the fakes share. One run is observed at a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Recording>>);

#[derive(Debug, Default)]
struct Recording {
    run: usize,
    observed: Observed,
}

impl Recorder {
    /// Returns what was observed since the last call, and begins the next run.
    pub(crate) fn take(&self) -> Observed {
        let mut recording = self.lock();
        recording.run += 1;
        std::mem::take(&mut recording.observed)
    }

    /// Records an observation.
    pub(crate) fn record(&self, change: impl FnOnce(&mut Observed)) {
        change(&mut self.lock().observed);
    }

    /// Records the arrival of a post. Returns it with its number in this run, counted from 0.
    pub(crate) fn post_arrived(
        &self,
        connection: String,
        arrived: Instant,
        body: Bytes,
    ) -> (OpenPost, usize) {
        let mut recording = self.lock();
        let index = recording.observed.posts.len();
        recording.observed.posts.push(Post {
            connection,
            arrived,
            answered: None,
            status: 0,
            body,
        });
        let run = recording.run;
        (OpenPost { run, index }, index)
    }

    /// Records the answer to a post, unless its run is over.
    pub(crate) fn post_answered(&self, open: OpenPost, status: u16) {
        let mut recording = self.lock();
        if recording.run == open.run {
            let post = &mut recording.observed.posts[open.index];
            post.answered = Some(Instant::now());
            post.status = status;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
