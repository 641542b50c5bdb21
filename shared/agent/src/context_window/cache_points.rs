//! Where a prompt cache pays.

use crate::model::{Part, Turn};
use longwire_core::message::Role;

/// Of Bedrock's four marks two are for tools and system prompt.
const POINTS: usize = 2;

/// Marks the end of the last two user turns: the last is where the next request will read up to, the one
/// before is what the last request wrote. With both the cache is found although it looks back only about
/// 20 blocks (Bedrock, "Prompt caching").
pub(super) fn mark(turns: &mut [Turn]) {
    let users = turns.iter_mut().filter(|turn| turn.role == Role::User);
    for turn in users.rev().take(POINTS) {
        turn.parts.push(Part::CachePoint);
    }
}
