//! Tool calls and results as text, for a model that takes no tools.

use std::collections::HashMap;

use longwire_agent::model::{Part, Turn};
use longwire_core::ids::CallId;

/// Replaces calls and results by sentences.
pub(super) fn plain(turns: &mut [Turn]) {
    let mut names: HashMap<CallId, String> = HashMap::new();
    for part in turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        let sentence = match part {
            Part::ToolCall { id, name, input } => {
                names.insert(id.clone(), name.clone());
                format!("(Called the tool {name} with {input}.)")
            }
            Part::ToolResult { id, error, text } => {
                let kind = if *error { "Error" } else { "Result" };
                let name = names.get(id).map_or("", String::as_str);
                format!("({kind} of the tool {name}: {text})")
            }
            _ => continue,
        };
        *part = Part::Text(sentence);
    }
}
