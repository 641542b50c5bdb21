//! Loading what an attempt starts from.

use anyhow::Context as _;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::RunInput;
use longwire_core::shape::Shape;
use longwire_core::thread_key::ThreadKey;
use longwire_store::error::StoreError;
use longwire_store::threads::messages::History;

use crate::runner::Runner;

/// State of the thread and input of the run, read in one round trip.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Birth of the thread: part of the keys of its messages.
    pub born: u64,
    /// Run queue of the thread, head first.
    pub run_queue: Vec<RunId>,
    /// Stored messages of the thread, newest ones only.
    pub history: History,
    /// Input of the run; `None` when an item cannot be parsed, so that no worker can answer the run.
    pub input: Option<RunInput>,
    /// Connections of the thread, from an index that lags.
    pub hints: Vec<(ConnectionId, Shape)>,
}

impl Loaded {
    /// State after a read in which an item cannot be parsed: enough to tell the subscribers in the row that the run
    /// failed.
    pub(crate) fn unreadable() -> Self {
        Self {
            born: 0,
            run_queue: Vec::new(),
            history: History::default(),
            input: None,
            hints: Vec::new(),
        }
    }
}

impl Runner {
    /// Loads thread, input, history and connections. A failed read of the connections is logged only.
    pub(crate) async fn load(&self, key: &ThreadKey, run_id: &RunId) -> anyhow::Result<Loaded> {
        let now = self.now();
        let (meta_and_input, history, hints) = tokio::join!(
            self.threads.meta_and_input(key, run_id, now),
            self.threads.history(key, self.settings.history_limit()),
            self.connections.by_thread(key, now),
        );
        let (meta, input) = meta_and_input.context("reading the thread and the input")?;
        let born = meta.as_ref().map_or(now, |meta| meta.born);
        let hints = hints.unwrap_or_else(|error| {
            tracing::warn!(
                event = "subscribers_read_failed",
                %error,
                "the connections of the thread were not read"
            );
            Vec::new()
        });
        // A start writes row and input together, so an absent input was damaged.
        let input = input.ok_or_else(|| StoreError::Corrupt("the run has no input".to_owned()))?;
        Ok(Loaded {
            born,
            run_queue: meta.map(|meta| meta.run_queue).unwrap_or_default(),
            history: history.context("reading the history")?.of(born, now),
            input: Some(input),
            hints,
        })
    }
}

/// Tells whether another read would fail in the same way.
pub(crate) fn is_corrupt(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Corrupt(_)))
}
