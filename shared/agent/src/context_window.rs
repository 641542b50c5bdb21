//! The context window: turns a stored conversation into the turns of a valid request.
//!
//! [`turns`] is pure, and every request is made by it. A stored conversation can have any content: runs are
//! cancelled in the middle of a sentence, workers crash between a tool call and its result, models answer `"\n"`.
//! Bedrock refuses a request that breaks one of its rules, and because every request repeats the conversation,
//! all later prompts on the thread would be refused too. The turns therefore keep the rules by construction:
//! - Turns alternate, and the first and the last are the user's.
//! - Every tool call has its result in the next turn, before any text.
//! - No text is blank, arguments are objects, ids and names are legal.
//! - Reasoning has its signature, or is left out.
//!
//! A conversation that keeps the rules is not changed.

mod cache_points;
mod cut;
mod placeholders;
mod repair;
mod tool_pairs;

use longwire_core::message::Message;

use crate::model::Turn;

/// Part of a conversation that the model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Most messages. The last plain user message and the messages after it are shown even when they are more.
    pub messages: usize,
    /// Number of messages of the thread before those given. With it, the window is cut at the same message in
    /// one request and the next, so that the prompt cache finds the same prefix.
    pub before: usize,
    /// Sets cache points. The adapter leaves them out for a model without a prompt cache.
    pub cache_points: bool,
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

/// Makes the turns of a valid request: at least one, the first and the last the user's.
///
/// At most two turns end with [`crate::model::Part::CachePoint`]. With one after the tools and one after the
/// system prompt, a request has at most the four that Bedrock allows (Bedrock user guide, "Prompt caching").
pub fn turns(stored: &[Message], window: Window) -> Vec<Turn> {
    let shown = &stored[cut::start(stored, window.messages, window.before)..];
    let mut turns = repair::repair(shown);
    if window.cache_points {
        cache_points::mark(&mut turns);
    }
    turns
}
