//! A stored conversation → the turns of a request the model accepts, whatever was stored.
//!
//! One pure function, [`turns`]; no request leaves another way. A conversation in the tables can be
//! anything: runs are cancelled in the middle of a sentence, workers die between a call and its result,
//! models say `"\n"`. A request that breaks one of Bedrock's rules is refused, and because the
//! conversation is sent again each time, the thread would be refused for ever. So the rules are not checked
//! here but built in: turns alternate and begin and end with the user; every call is answered in the next
//! turn, results first; nothing is blank; arguments are objects; ids and names are legal; thinking goes back
//! sealed or not at all. A good conversation comes out as it went in.

mod cache_points;
mod cut;
mod placeholders;
mod repair;
mod tool_pairs;

use crate::model::Turn;
use longwire_core::message::Message;

/// How much of a conversation the model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The most messages, except that the last plain user message and what follows it always go along.
    pub messages: usize,
    /// How many messages of the thread precede those given. It keeps the cut where it was from one request
    /// to the next, so that the prompt cache finds the same beginning.
    pub before: usize,
    /// Whether to mark the places worth caching. A model that has no prompt cache is not harmed: its door
    /// leaves the marks out.
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

/// Makes the turns of a valid request: never empty, the user first and last.
///
/// At most two turns end with [`crate::model::Part::CachePoint`]; with one after the tools and one after the
/// system prompt a request stays within Bedrock's four ("Prompt caching").
pub fn turns(stored: &[Message], window: Window) -> Vec<Turn> {
    let shown = &stored[cut::start(stored, window)..];
    let mut turns = repair::repair(shown);
    if window.cache_points {
        cache_points::mark(&mut turns);
    }
    turns
}
