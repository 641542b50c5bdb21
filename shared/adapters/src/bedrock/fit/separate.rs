//! Text apart from tool calls and tool results.

use longwire_agent::model::{Part, Turn};
use longwire_core::message::Role;

use crate::bedrock::family::TextBesideTools;

/// Answer between the results of a turn and its text, so that turns alternate.
pub(super) const BETWEEN: &str = "I have the results.";

/// Gives the text after results a turn of its own. Where no text may stand beside calls, it is left out.
pub(super) fn separate(turns: Vec<Turn>, beside: TextBesideTools) -> Vec<Turn> {
    let mut separated = Vec::with_capacity(turns.len());
    for mut turn in turns {
        let tools = turn.parts.iter().any(Part::is_tool);
        match turn.role {
            Role::Assistant if tools && beside == TextBesideTools::Neither => {
                turn.parts.retain(|part| !matches!(part, Part::Text(_)));
                separated.push(turn);
            }
            Role::User if tools => separated.extend(split(turn)),
            _ => separated.push(turn),
        }
    }
    separated
}

/// Splits a user turn with results into the results, an answer and the text, if there is text.
fn split(turn: Turn) -> Vec<Turn> {
    let role = turn.role;
    if !turn.parts.iter().any(|part| matches!(part, Part::Text(_))) {
        return vec![turn];
    }
    let (results, rest) = turn.parts.into_iter().partition(Part::is_tool);
    let user = |parts| Turn { role, parts };
    let between = Turn {
        role: Role::Assistant,
        parts: vec![Part::Text(BETWEEN.to_owned())],
    };
    vec![user(results), between, user(rest)]
}
