//! Messages → turns, with what is missing put in and what must not be there left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::context_window::placeholders;
use crate::context_window::tool_pairs::{Ids, Open, answers};
use crate::model::{Part, Turn};
use longwire_core::message::{Block, Message, Role};

/// Turns for messages that begin with a plain user message; for none, a turn that says so.
pub(super) fn repair(shown: &[Message]) -> Vec<Turn> {
    let mut conversation = Conversation::default();
    for speech in shown.chunk_by(|a, b| a.role == b.role) {
        match speech[0].role {
            Role::Assistant => conversation.assistant(speech),
            Role::User => conversation.user(speech),
        }
    }
    conversation.finish()
}

/// The turns so far and what the next user turn must begin with.
#[derive(Default)]
struct Conversation {
    turns: Vec<Turn>,
    ids: Ids,
    open: Vec<Open>,
    note: Option<&'static str>,
}

impl Conversation {
    /// Several answers in a row become one turn; one with nothing left becomes none.
    fn assistant(&mut self, speech: &[Message]) {
        let mut parts = Vec::new();
        for (index, message) in speech.iter().enumerate() {
            // It was stored once before its tools ran and once more with their results.
            if speech[index + 1..]
                .iter()
                .any(|later| later.id == message.id)
            {
                continue;
            }
            parts.extend(self.answer(message));
        }
        let last = speech.last();
        // Cancelled calls have results that say so.
        if self.open.is_empty() && last.is_some_and(|message| message.cancelled) {
            self.note = Some(if parts.is_empty() {
                placeholders::STOPPED_AT_ONCE
            } else {
                placeholders::STOPPED
            });
        }
        self.push(Role::Assistant, parts);
    }

    fn answer(&mut self, message: &Message) -> Vec<Part> {
        let mut parts = Vec::new();
        for block in &message.blocks {
            match block {
                Block::Text { text, .. } => parts.extend(words(text)),
                Block::Reasoning { text, signature } => parts.extend(sealed(text, signature)),
                Block::RedactedReasoning { data } => parts.extend(redacted(data)),
                Block::ToolCall(call) => {
                    let (part, open) = self.ids.open(call, message.calling);
                    parts.push(part);
                    self.open.push(open);
                }
                Block::ToolResult(_) => {}
            }
        }
        // An answer must not end with thinking: it was cut off there, so nothing hangs on it.
        while matches!(
            parts.last(),
            Some(Part::Reasoning { .. } | Part::RedactedReasoning(_))
        ) {
            parts.pop();
        }
        parts
    }

    /// Results first, in the order of the calls, then the words of all messages in a row.
    fn user(&mut self, speech: &[Message]) {
        let blocks = || speech.iter().flat_map(|message| &message.blocks);
        let results = blocks().filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        });
        let mut parts = answers(std::mem::take(&mut self.open), results.collect());
        parts.extend(self.note.take().and_then(words));
        parts.extend(blocks().filter_map(|block| match block {
            Block::Text { text, .. } => words(text),
            _ => None,
        }));
        if parts.is_empty() {
            parts.extend(words(placeholders::EMPTY));
        }
        self.push(Role::User, parts);
    }

    /// Adds a turn, or its parts to the last one when the other side said nothing in between.
    fn push(&mut self, role: Role, parts: Vec<Part>) {
        match self.turns.last_mut() {
            _ if parts.is_empty() => {}
            Some(turn) if turn.role == role => turn.parts.extend(parts),
            _ => self.turns.push(Turn { role, parts }),
        }
    }

    /// It is the user who speaks last, be it only to answer the calls that are still open.
    fn finish(mut self) -> Vec<Turn> {
        if !self.open.is_empty() || self.note.is_some() {
            self.user(&[]);
        }
        let missing = match self.turns.last() {
            None => Some(placeholders::EMPTY),
            Some(turn) if turn.role == Role::Assistant => Some(placeholders::GO_ON),
            Some(_) => None,
        };
        self.push(Role::User, missing.and_then(words).into_iter().collect());
        self.turns
    }
}

/// Words, unless blank: Bedrock wants "non-whitespace text".
fn words(text: &str) -> Option<Part> {
    (!text.trim().is_empty()).then(|| Part::Text(text.to_owned()))
}

/// Thinking with its seal; its text may be empty (Bedrock, "Adaptive thinking", display `omitted`).
/// Without a seal it was cut off, and the model would refuse it.
fn sealed(text: &str, signature: &Option<String>) -> Option<Part> {
    let signature = signature.as_ref().filter(|seal| !seal.trim().is_empty())?;
    Some(Part::Reasoning {
        text: text.to_owned(),
        signature: Some(signature.clone()),
    })
}

fn redacted(data: &str) -> Option<Part> {
    let sealed = BASE64.decode(data).is_ok_and(|bytes| !bytes.is_empty());
    sealed.then(|| Part::RedactedReasoning(data.to_owned()))
}
