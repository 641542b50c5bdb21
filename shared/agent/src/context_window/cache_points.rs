//! Cache points in the conversation.

use longwire_core::message::Role;

use crate::model::{Part, Turn};

/// Cache points in the conversation; the other two of Bedrock's four are for the tools and the system prompt.
const POINTS: usize = 2;

/// Marks the ends of the last two user turns. The next request reads the cache up to the last one; this request
/// reads up to the one before, which the previous request wrote. Two are needed because Bedrock looks for a
/// cached prefix only about 20 blocks before a cache point (Bedrock user guide, "Prompt caching").
pub(super) fn mark(turns: &mut [Turn]) {
    let users = turns.iter_mut().filter(|turn| turn.role == Role::User);
    for turn in users.rev().take(POINTS) {
        turn.parts.push(Part::CachePoint);
    }
}
