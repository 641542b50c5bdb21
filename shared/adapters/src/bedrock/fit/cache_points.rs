//! Cache points in the turns that may have one.

use longwire_agent::model::{Part, Turn};
use longwire_core::message::Role;

use crate::bedrock::family::CacheTurns;

/// Places the cache points at the ends of turns. One that its turn may not have moves to the last earlier user turn
/// that may have one and has none; without such a turn it is left out.
pub(super) fn place(turns: &mut [Turn], allowed: CacheTurns) {
    let mut wanted = 0;
    for turn in turns.iter_mut().rev() {
        let parts = turn.parts.len();
        turn.parts.retain(|part| *part != Part::CachePoint);
        let marked = turn.parts.len() < parts;
        wanted += usize::from(marked);
        let may = match allowed {
            CacheTurns::All => marked,
            CacheTurns::WithoutTools => {
                turn.role == Role::User && !turn.parts.iter().any(Part::is_tool)
            }
            CacheTurns::None => false,
        };
        if may && wanted > 0 {
            wanted -= 1;
            turn.parts.push(Part::CachePoint);
        }
    }
}
