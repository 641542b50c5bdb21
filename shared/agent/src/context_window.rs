//! The context window: turns a stored conversation into the turns of a valid request.
//!
//! [`turns`] is pure, and every request is made by it. A stored conversation can have any content: runs are
//! cancelled in the middle of a sentence, workers crash between a tool call and its result, models answer `"\n"`.
//! Bedrock refuses a request that breaks one of its rules, and because every request repeats the conversation,
//! all later prompts on the thread would be refused too. The turns therefore keep the rules by construction:
//! - Turns alternate, and the first and the last are the user's.
//! - Every tool call has its result in the next turn, before any text.
//! - No text is blank, arguments are objects, ids and names are legal.
//! - Reasoning has its signature, or is left out. Only that of the run itself is repeated: models bind it to all that stood
//!   before it, which changes from one run to the next.
//! - Runs that a guardrail or a filter stopped are left out, because the model would refuse them again.
//!
//! A conversation that keeps the rules is not changed.

mod cache_points;
mod cut;
mod placeholders;
mod repair;
pub(crate) mod tokens;
mod tool_pairs;

use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Message, Usage};
use longwire_core::text::estimated_tokens;
use longwire_core::tool::ToolSpec;

use crate::model::Turn;

/// Part of a conversation that the model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Most messages. The last prompt and the messages after it are shown even when they are more.
    pub messages: usize,
    /// Number of messages of the thread before those given. With it, the window is cut at the same message in
    /// one request and the next, so that the prompt cache finds the same prefix.
    pub before: usize,
    /// Sets cache points. The adapter leaves them out for a model without a prompt cache.
    pub cache_points: bool,
}

impl Window {
    /// Number in the thread of the message at this index.
    pub(crate) fn number(&self, index: usize) -> u64 {
        (self.before.saturating_add(index) as u64).saturating_add(1)
    }
}

impl Default for Window {
    fn default() -> Self {
        Self {
            messages: 20,
            before: 0,
            cache_points: true,
        }
    }
}

/// Tokens that a request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Most tokens of a request.
    request: u64,
    /// Estimated tokens of the system prompt and the tools.
    fixed: u64,
}

impl Room {
    /// Room of a model with this context window, in tokens, of which a reply takes `max_tokens` at most.
    pub fn new(context: u64, max_tokens: u32, system: &str, tools: &[ToolSpec]) -> Self {
        let tools: u64 = tools.iter().map(tokens::of_tool).sum();
        Self {
            request: context.saturating_sub(max_tokens.into()),
            fixed: estimated_tokens(system.len()) + tools,
        }
    }
}

/// Reasoning that a request repeats: that of one run, as far as this model made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnReasoning<'a> {
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Id of the model.
    pub model: &'a str,
}

/// Index of the first message to show, by the number of messages and by tokens. The last prompt is shown in any case.
pub fn start(stored: &[Message], window: Window, room: Room) -> usize {
    let start = cut::start(stored, window.messages, window.before);
    let messages = room.request.saturating_sub(room.fixed);
    if fits_as_counted(stored, window.number(start), room)
        || tokens_of(&stored[start..]) <= messages
    {
        return start;
    }
    // Several requests share their prefix, as when the window is cut by the number of messages.
    cut::within(stored, start, messages / 4 * 3)
}

/// Index of the message with this id.
pub fn position(stored: &[Message], id: &MessageId) -> Option<usize> {
    stored.iter().position(|message| message.id == *id)
}

/// Index of the last prompt, or of the last answer when there is none.
pub fn last_prompt(stored: &[Message]) -> usize {
    cut::prompt_from(stored, stored.len())
}

/// Index of the first message of the newer half, by tokens, of those from `start` on.
pub fn half(stored: &[Message], start: usize) -> usize {
    cut::within(stored, start, tokens_of(&stored[start..]) / 2)
}

/// Tells whether the last request that Bedrock counted, with an estimate of what came since, leaves room. A request that
/// began after message number `first` says nothing about one that begins there.
fn fits_as_counted(stored: &[Message], first: u64, room: Room) -> bool {
    let counted = stored
        .iter()
        .enumerate()
        .rev()
        .find_map(|(index, message)| {
            let usage = message.usage.filter(|usage| !usage.estimated)?;
            Some((index, usage, message.shown_from?))
        });
    counted.is_some_and(|(index, usage, from)| {
        from <= first && counted_tokens(usage) + tokens_of(&stored[index + 1..]) <= room.request
    })
}

fn counted_tokens(usage: Usage) -> u64 {
    usage.all_input_tokens() + usage.output_tokens
}

fn tokens_of(messages: &[Message]) -> u64 {
    messages.iter().map(tokens::of_message).sum()
}

/// Makes the turns of a valid request for messages that start with a prompt or an answer: at least one turn, the first and
/// the last the user's. Before an answer stands the question of the user that the messages answer, if it is known.
///
/// At most two turns end with [`crate::model::Part::CachePoint`]. With one after the tools and one after the
/// system prompt, a request has at most the four that Bedrock allows (Bedrock user guide, "Prompt caching").
pub fn turns(
    shown: &[Message],
    question: Option<&str>,
    cache_points: bool,
    own: Option<OwnReasoning<'_>>,
) -> Vec<Turn> {
    let mut turns = repair::repair(shown, question, own);
    if cache_points {
        cache_points::mark(&mut turns);
    }
    turns
}
