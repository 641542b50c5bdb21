//! What a run starts from.

use anyhow::Context as _;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::run::{RunInput, RunRow};
use longwire_core::shape::Shape;
use longwire_core::thread_key::ThreadKey;
use longwire_store::error::StoreError;
use longwire_store::threads::messages::History;

use crate::deps::Deps;
use longwire_core::clock;

/// What a run starts from, read in one round trip.
#[derive(Debug)]
pub struct Start {
    /// When the thread was born.
    pub born: u64,
    /// The thread's line, its head first.
    pub line: Vec<RunId>,
    /// What was said before.
    pub history: History,
    /// What the run was started with.
    pub input: RunInput,
    /// Who else is on the thread: a hint, from an index that lags.
    pub watchers: Vec<(ConnectionId, Shape)>,
    /// Something of it is not of the shape we write. No worker can answer the run.
    pub broken: bool,
}

impl Start {
    /// What is left when something cannot be read: enough to tell the run's clients that it failed.
    pub fn broken(row: &RunRow) -> Self {
        Self {
            born: 0,
            line: Vec::new(),
            history: History::default(),
            input: RunInput {
                v: row.v,
                message_id: row.message_id.clone(),
                prompt: String::new(),
                context: Vec::new(),
                reasoning: false,
                ttl: row.ttl,
            },
            watchers: Vec::new(),
            broken: true,
        }
    }
}

/// Reads it. The watchers are a hint: without them the run goes on all the same.
pub async fn load(deps: &Deps, key: &ThreadKey, run_id: &RunId) -> anyhow::Result<Start> {
    let threads = &deps.threads;
    let now = clock::unix_seconds();
    let (beginning, history, watchers) = tokio::join!(
        threads.meta_and_input(key, run_id, now),
        threads.history(key, deps.settings.history_limit()),
        deps.connections.by_thread(key, now),
    );
    let (meta, input) = beginning.context("reading the thread and the input")?;
    let born = meta.as_ref().map_or(now, |meta| meta.born);
    let watchers = watchers.unwrap_or_else(|error| {
        tracing::warn!(%error, "the thread's other connections could not be read");
        Vec::new()
    });
    Ok(Start {
        born,
        line: meta.map(|meta| meta.run_queue).unwrap_or_default(),
        history: history.context("reading the history")?.of(born, now),
        input: input.ok_or_else(missing)?,
        watchers,
        broken: false,
    })
}

/// A start writes row and input together, so an input that is not there was damaged.
fn missing() -> StoreError {
    StoreError::Corrupt("the run has no input".to_owned())
}

/// Whether another try would find the same.
pub fn unreadable(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Corrupt(_)))
}
