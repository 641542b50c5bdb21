//! One worker's attempt at a run, from claim to finish or hand-over.

use std::collections::BTreeMap;
use std::sync::Arc;

use longwire_agent::answers::Answers;
use longwire_agent::client_tools::ClientTools;
use longwire_agent::context_window::Window;
use longwire_agent::ctx::Limits;
use longwire_core::ids::{ConnectionId, MessageId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::{CancelReason, Cursor, RunEnd, RunErrorCode, RunRow};
use longwire_core::run_frame::RunFrame;
use longwire_core::run_input::RunInput;
use longwire_core::shape::Shape;
use longwire_core::tool::ToolResult;
use longwire_store::threads::claim::Claim;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::messages::{History, StoredMessage};
use tokio::time::Instant;

use crate::account::Account;
use crate::deadlines::Deadlines;
use crate::delivery::Delivery;
use crate::restarts::emitted_until;
use crate::runner::Runner;

/// Crashes of workers after which a run is given up.
const MAX_CRASHES: u32 = 3;

/// One worker's attempt at a run.
pub struct Attempt<'a> {
    /// Clients and settings, shared by all attempts.
    pub runner: &'a Runner,
    /// Delivery that led to the attempt.
    pub delivery: &'a Delivery<'a>,
    /// Row of the run as claimed, under this attempt's epoch.
    pub row: RunRow,
    /// Kind of the claim: fresh, handed over or reclaimed.
    pub claim: Claim,
    /// Right to write the run.
    pub lease: RunLease,
    /// Expiry of the lease that the claim took.
    pub lease_expires: Instant,
    /// Stored messages of the thread.
    pub history: History,
    /// Input of the run; `None` when it is missing or an item cannot be parsed.
    pub input: Option<RunInput>,
    /// Frame of the run, once a step of it is stored.
    pub frame: Option<RunFrame>,
    /// Connections of the thread, from an index that lags.
    pub hints: Vec<(ConnectionId, Shape)>,
    /// Deadlines of the run in this invocation.
    pub deadlines: Deadlines,
    /// Answers to calls that earlier runs left open, with which the run begins unless its first message is stored.
    pub answers: Answers,
    /// Account for the user who pays; `None` for a user without limits of what may be spent.
    pub(crate) account: Option<Arc<Account>>,
    /// The thread was deleted, so the run is to be cancelled without an answer.
    pub deleted: bool,
}

impl Attempt<'_> {
    /// Stored messages of this run: its prompt and what followed. A run may reuse the id of one that expired long
    /// ago; the messages of that one begin with another prompt.
    fn stored(&self) -> &[StoredMessage] {
        let messages = &self.history.messages;
        let is_prompt = |stored: &StoredMessage| {
            stored.message.run_id == self.lease.run_id && stored.message.id == self.row.message_id
        };
        messages
            .iter()
            .rposition(is_prompt)
            .map_or(&[], |at| &messages[at..])
    }

    /// End of a run for which the model is not called: the thread was deleted, its workers crashed again and again, or its
    /// input cannot be read.
    pub fn end_without_model(&self) -> Option<RunEnd> {
        if self.deleted {
            return Some(RunEnd::Cancelled(CancelReason::User));
        }
        if self.row.crashes >= MAX_CRASHES {
            return Some(RunEnd::Failed(RunErrorCode::WorkerLost));
        }
        let missing = self.input.is_none();
        missing.then_some(RunEnd::Failed(RunErrorCode::Internal))
    }

    /// Tells whether the run takes in texts of the user. A run of a deleted thread, and one whose input cannot be read, store no
    /// message of the user.
    pub(crate) fn takes_texts(&self) -> bool {
        self.input.is_some() && !self.deleted
    }

    /// Tells whether an earlier worker stored the first message of the run.
    pub(crate) fn first_message_stored(&self) -> bool {
        !self.stored().is_empty()
    }

    /// First message of the run, unless an earlier worker stored it: results of calls that earlier runs left open, and the
    /// prompt. It is marked `calling` when the run makes approved calls. That of a run of a deleted thread is never stored.
    pub fn unstored_prompt(&self) -> Option<Message> {
        let input = self.input.as_ref().filter(|_| !self.deleted)?;
        if self.first_message_stored() {
            return None;
        }
        let id = self.row.message_id.clone();
        let results = self.answers.results.iter().cloned();
        let results = results.map(Block::ToolResult);
        let text = input.after.is_none().then(|| Block::Text {
            id: id.clone(),
            text: input.prompt.clone(),
        });
        let blocks = results.chain(text).collect();
        Some(Message {
            id,
            context: input.context.clone(),
            origin: self.row.origin.clone(),
            event: input.event.clone(),
            calling: !self.answers.approved.is_empty(),
            ..Message::new(Role::User, self.lease.run_id.clone(), blocks)
        })
    }

    /// Results with which the run begins, stored or not.
    pub(crate) fn first_results(&self) -> Vec<&ToolResult> {
        match self.stored().first() {
            Some(first) => first.message.results().collect(),
            None => self.answers.results.iter().collect(),
        }
    }

    /// Tools of the client.
    pub(crate) fn client_tools(&self) -> ClientTools {
        let input = self.input.as_ref();
        ClientTools::new(input.map(|input| input.tools.clone()).unwrap_or_default())
    }

    /// Question of the user that an earlier run began to answer, if this one follows it.
    pub(crate) fn question(&self) -> Option<String> {
        let input = self.input.as_ref()?;
        let followed = input.after.is_some() && !input.prompt.is_empty();
        followed.then(|| input.prompt.clone())
    }

    /// Id of the prompt when it is among `messages` and its client chose it.
    pub(crate) fn reserved_id<'m>(&self, messages: &'m [Message]) -> Option<&'m MessageId> {
        let reserved = self.input.as_ref().is_some_and(|input| input.reserves_id);
        let first = messages.first().filter(|_| reserved)?;
        (first.id == self.row.message_id).then_some(&first.id)
    }

    /// Conversation up to the first step of this attempt.
    pub(crate) fn conversation(&self) -> Vec<Message> {
        let stored = self.history.messages.iter();
        let stored = stored.map(|stored| self.with_context(stored.message.clone()));
        stored.chain(self.unstored_prompt()).collect()
    }

    /// A message of the conversation. A prompt that was stored before 0.1.0 has no facts from the client.
    fn with_context(&self, mut message: Message) -> Message {
        let input = self
            .input
            .as_ref()
            .filter(|_| message.run_id == self.lease.run_id && message.id == self.row.message_id);
        if let Some(input) = input {
            message.context.clone_from(&input.context);
        }
        message
    }

    /// First step of this attempt, counted from 1: the one after those that earlier workers completed. A step whose
    /// calls were being made is not complete.
    pub fn first_step(&self) -> u32 {
        let completed = self
            .stored()
            .iter()
            .filter(|StoredMessage { message, .. }| {
                message.role == Role::Assistant && !message.calling
            })
            .count();
        u32::try_from(completed)
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// Limits of the agent loop. They include how many messages of the thread precede the loaded ones, so that the
    /// context window starts at the same message from one request to the next.
    pub(crate) fn limits(&self) -> Limits {
        let first = self.history.messages.first();
        let before = first.map_or(0, |stored| stored.number.saturating_sub(1));
        let configured = self.runner.settings.limits;
        Limits {
            window: Window {
                before: usize::try_from(before).unwrap_or(usize::MAX),
                ..configured.window
            },
            ..configured
        }
    }

    /// Subscribers at the start of the attempt: those of the row, and the connections of the thread.
    pub fn subscribers(&self) -> BTreeMap<ConnectionId, Cursor> {
        let from = emitted_until(&self.row);
        let mut subscribers = self.row.subscribers.clone();
        if self.claim == Claim::Reclaimed {
            // No record tells what the crashed worker posted; a subscriber that misses events sends `resume`.
            for cursor in subscribers
                .values_mut()
                .filter(|cursor| cursor.requested_at == 0)
            {
                cursor.after = cursor.after.max(from);
            }
        }
        for (id, shape) in &self.hints {
            subscribers
                .entry(id.clone())
                .or_insert(Cursor::new(from, *shape));
        }
        subscribers
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    /// A row with some of its attributes changed.
    pub(crate) fn row(changed: &Value) -> RunRow {
        let mut row = json!({
            "v": 2, "status": "running", "epoch": 1, "onGone": "cancel", "messageId": "u_1",
            "startedAt": 1000, "ttl": 0
        });
        let changed = changed.as_object().expect("attributes").clone();
        row.as_object_mut().expect("a row").extend(changed);
        from_value(row).expect("a row")
    }
}
