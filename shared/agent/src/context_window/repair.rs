//! Messages to turns: gaps are filled with placeholders, and blocks that Bedrock refuses are left out.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use longwire_core::ids::RunId;
use longwire_core::message::{Block, Message, Role};
use longwire_core::run_input::Context;
use longwire_core::tool::ToolResult;

use crate::context_window::OwnReasoning;
use crate::context_window::placeholders;
use crate::context_window::tool_pairs::{Ids, UnansweredCall, results};
use crate::model::{Part, Turn};

/// Turns for messages that start with a plain user message or an answer; for no messages, one turn with a placeholder. Before an
/// answer stands the question of the user, if it is known.
pub(super) fn repair(
    shown: &[Message],
    question: Option<&str>,
    own: Option<OwnReasoning<'_>>,
) -> Vec<Turn> {
    let mut conversation = Conversation {
        own,
        ..Conversation::default()
    };
    let shown = without_filtered(shown);
    if shown
        .first()
        .is_some_and(|first| first.role == Role::Assistant)
    {
        let earlier = [Some(placeholders::EARLIER_MESSAGES), question];
        let parts = earlier.into_iter().flatten().filter_map(non_blank);
        conversation.push(Role::User, parts.collect());
    }
    for messages in shown.chunk_by(|a, b| a.role == b.role) {
        match messages[0].role {
            Role::Assistant => conversation.assistant(messages),
            Role::User => conversation.user(messages),
        }
    }
    conversation.finish()
}

/// Messages with placeholders for the prompt of each filtered run and for the results with which it begins, and without its
/// other messages. Those results tell the model which calls were made.
fn without_filtered(shown: &[Message]) -> Vec<Cow<'_, Message>> {
    let filtered = shown.iter().filter(|message| message.filtered);
    let filtered: HashSet<&RunId> = filtered.map(|message| &message.run_id).collect();
    let mut first_of_run = HashSet::new();
    let mut kept = Vec::new();
    for message in shown {
        if !filtered.contains(&message.run_id) {
            kept.push(Cow::Borrowed(message));
        } else if message.role == Role::User && first_of_run.insert(&message.run_id) {
            kept.push(Cow::Owned(filtered_first(message)));
        }
    }
    kept
}

/// First message of a filtered run, with placeholders for its texts.
fn filtered_first(message: &Message) -> Message {
    let results = message.results().map(|result| {
        Block::ToolResult(ToolResult {
            content: placeholders::FILTERED_RESULT.to_owned(),
            ..result.clone()
        })
    });
    let (id, run_id) = (message.id.clone(), message.run_id.clone());
    let has_text = message
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Text { .. }));
    let mut first = Message::user(id, run_id, placeholders::FILTERED);
    if !has_text {
        first.blocks.clear();
    }
    first.blocks.splice(0..0, results);
    first
}

/// Turns so far, and the parts that the next user turn must start with.
#[derive(Default)]
struct Conversation<'a> {
    own: Option<OwnReasoning<'a>>,
    turns: Vec<Turn>,
    ids: Ids,
    /// Tool calls of the last turn.
    unanswered: Vec<UnansweredCall>,
    /// Placeholder for a cancelled answer.
    placeholder: Option<&'static str>,
}

impl Conversation<'_> {
    /// Adds consecutive answers as one turn, or as none when nothing of them is left.
    fn assistant(&mut self, messages: &[Cow<'_, Message>]) {
        let mut parts = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            // A message with calls that must not be repeated is stored before and, again, after they are made.
            if messages[index + 1..]
                .iter()
                .any(|later| later.id == message.id)
            {
                continue;
            }
            parts.extend(self.answer(message));
        }
        let last = messages.last();
        // The results of cancelled calls say that they were cancelled.
        if self.unanswered.is_empty() && last.is_some_and(|message| message.cancelled) {
            self.placeholder = Some(if parts.is_empty() {
                placeholders::CANCELLED_BEFORE_START
            } else {
                placeholders::ANSWER_CANCELLED
            });
        }
        self.push(Role::Assistant, parts);
    }

    fn answer(&mut self, message: &Message) -> Vec<Part> {
        let mut parts = Vec::new();
        let own = self.own.is_some_and(|own| own.is_of(message));
        for block in &message.blocks {
            match block {
                Block::Text { text, .. } => parts.extend(non_blank(text)),
                Block::Reasoning { .. } | Block::RedactedReasoning { .. } if !own => {}
                Block::Reasoning { text, signature } => parts.extend(signed(text, signature)),
                Block::RedactedReasoning { data } => parts.extend(redacted(data)),
                Block::ToolCall(call) => {
                    let (part, unanswered) = self.ids.add(call, message.calling);
                    parts.push(part);
                    self.unanswered.push(unanswered);
                }
                Block::ToolResult(_) => {}
            }
        }
        // Bedrock refuses an answer that ends with reasoning. It was cut off there, so no later part needs it.
        while parts.last().is_some_and(Part::is_reasoning) {
            parts.pop();
        }
        parts
    }

    /// Adds consecutive user messages as one turn: results first, in the order of the calls, then all texts.
    fn user(&mut self, messages: &[Cow<'_, Message>]) {
        let blocks = || messages.iter().flat_map(|message| &message.blocks);
        let stored = blocks().filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        });
        let mut parts = results(std::mem::take(&mut self.unanswered), stored.collect());
        parts.extend(self.placeholder.take().and_then(non_blank));
        for message in messages {
            parts.extend(message.blocks.iter().filter_map(|block| match block {
                Block::Text { text, .. } => non_blank(text),
                _ => None,
            }));
            parts.extend(facts(&message.context));
            parts.extend(message.event.as_deref().map(event));
        }
        if parts.is_empty() {
            parts.extend(non_blank(placeholders::EMPTY_MESSAGE));
        }
        self.push(Role::User, parts);
    }

    /// Adds a turn, or adds its parts to the last turn of the same role.
    fn push(&mut self, role: Role, parts: Vec<Part>) {
        match self.turns.last_mut() {
            _ if parts.is_empty() => {}
            Some(turn) if turn.role == role => turn.parts.extend(parts),
            _ => self.turns.push(Turn { role, parts }),
        }
    }

    /// Completes the conversation with a user turn, if only to answer the calls of the last turn.
    fn finish(mut self) -> Vec<Turn> {
        if !self.unanswered.is_empty() || self.placeholder.is_some() {
            self.user(&[]);
        }
        let missing = match self.turns.last() {
            None => Some(placeholders::EMPTY_MESSAGE),
            Some(turn) if turn.role == Role::Assistant => Some(placeholders::CONTINUE),
            Some(_) => None,
        };
        self.push(
            Role::User,
            missing.and_then(non_blank).into_iter().collect(),
        );
        self.turns
    }
}

impl OwnReasoning<'_> {
    fn is_of(&self, message: &Message) -> bool {
        message.run_id == *self.run_id && message.model.as_deref() == Some(self.model)
    }
}

/// Facts from the client. They stand in the user's turn, because they are the client's words, and the system prompt has to
/// stay the same from one request to the next.
fn facts(context: &[Context]) -> Option<Part> {
    if context.is_empty() {
        return None;
    }
    let fact = |fact: &Context| format!("\n- {}: {}", fact.description, fact.value);
    let facts: String = context.iter().map(fact).collect();
    Some(Part::Text(format!("{}{facts}]", placeholders::CONTEXT)))
}

/// Event of a service, as data. One line of JSON cannot contain the line with the bracket that ends it. JSON may contain the
/// characters that Unicode counts as ends of lines, in texts only; they are escaped.
fn event(json: &str) -> Part {
    let json = json
        .replace('\u{85}', r"\u0085")
        .replace('\u{2028}', r"\u2028")
        .replace('\u{2029}', r"\u2029");
    Part::Text(format!("{}\n{json}\n]", placeholders::EVENT))
}

/// Text, unless it is blank: Bedrock requires non-whitespace text.
fn non_blank(text: &str) -> Option<Part> {
    (!text.trim().is_empty()).then(|| Part::Text(text.to_owned()))
}

/// Reasoning with its signature. Its text may be empty (Bedrock user guide, "Adaptive thinking", display
/// `omitted`). Reasoning without a signature was cut off, and the model refuses it.
fn signed(text: &str, signature: &Option<String>) -> Option<Part> {
    let signature = signature
        .as_ref()
        .filter(|signature| !signature.trim().is_empty())?;
    Some(Part::Reasoning {
        text: text.to_owned(),
        signature: Some(signature.clone()),
    })
}

fn redacted(data: &str) -> Option<Part> {
    let valid = BASE64.decode(data).is_ok_and(|bytes| !bytes.is_empty());
    valid.then(|| Part::RedactedReasoning(data.to_owned()))
}
