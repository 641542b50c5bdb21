//! Texts that the user sends to a run while it is unfinished.

use std::sync::Arc;

use futures::future::BoxFuture;
use longwire_core::message::Message;
use tokio::sync::watch;

/// Reads the texts after the first number, up to the second one, as messages; `None` when they cannot be read. A closure,
/// because only the worker knows where they are.
pub type ReadTexts =
    Arc<dyn Fn(u32, u32) -> BoxFuture<'static, Option<Vec<Message>>> + Send + Sync>;

/// Texts for the run. They are counted from 1, in the order in which they were accepted.
pub struct Steering {
    /// Number of the last text that was accepted, as far as the worker knows.
    pub accepted: watch::Receiver<u32>,
    /// Number of the last text that is in the conversation.
    pub taken: u32,
    /// Reads texts.
    pub read: ReadTexts,
}
