//! Answer of an ended run, as a reader outside of the conversation gets it.

use longwire_core::message::{Block, Message, Role};

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::ended_run::EndedRun;
use crate::threads::keys;
use crate::threads::messages::StoredMessage;
use crate::threads::steer::MAX_WAITING;

/// Messages that are read: the last one of a run may be the results of the calls in the one before it. The texts of the user that
/// waited for the run at its end follow.
const LAST: u32 = 2;

impl Threads {
    /// Text of the last message that the model wrote in a run; `None` when there is none. `now` is in seconds since 1970.
    ///
    /// The thread is read after its messages, so a thread that was deleted before the call returns has no answer.
    pub async fn answer(&self, run: &EndedRun, now: u64) -> Result<Option<String>, StoreError> {
        let (Some(generation), Some(tip)) = (run.row.generation, run.row.tip) else {
            return Ok(None);
        };
        let (first, last) = (keys::message(generation, 1), keys::message(generation, tip));
        let query = self
            .query_range(&run.key, first, last)
            .consistent_read(true)
            .limit((LAST + run.row.steered.min(MAX_WAITING)).cast_signed());
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        let mut messages = StoredMessage::read_all(output.items.unwrap_or_default());
        let answer = messages.find_map(|stored| text(run, &stored.message));
        let meta = self.meta(&run.key, now).await?;
        let current = meta.is_some_and(|meta| meta.generation == generation);
        Ok(answer.filter(|_| current))
    }
}

/// Text of a message of the model in this run, with a blank line between its blocks; `None` for other messages, and for one
/// without text.
fn text(run: &EndedRun, message: &Message) -> Option<String> {
    if message.role != Role::Assistant || message.run_id != run.run_id {
        return None;
    }
    let texts = message.blocks.iter().filter_map(|block| match block {
        Block::Text { text, .. } if !text.trim().is_empty() => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}
