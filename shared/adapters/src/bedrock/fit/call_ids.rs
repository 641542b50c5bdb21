//! Ids of tool calls with nine letters and digits.

use std::collections::HashMap;

use longwire_agent::model::{Part, Turn};
use longwire_core::ids::CallId;

/// Replaces the ids by numbered ones. A call and its result keep one id.
pub(super) fn shorten(turns: &mut [Turn]) {
    let mut short: HashMap<CallId, CallId> = HashMap::new();
    for part in turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        if let Part::ToolCall { id, .. } | Part::ToolResult { id, .. } = part {
            let next = short.len() + 1;
            let new = || CallId::trusted(format!("call{next:05}"));
            *id = short.entry(id.clone()).or_insert_with(new).clone();
        }
    }
}
