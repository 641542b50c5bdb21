//! Thinking in a tool loop: the turns from the user's last text to the results that the model is to continue with.

use longwire_agent::model::{Part, Turn};
use longwire_core::message::Role;
use serde_json::Value;

/// Fields without a thinking budget, if these turns are in a tool loop that does not begin with reasoning; else the
/// fields as they are. Other fields stay, apart from edits of the context that the model refuses without thinking.
///
/// With `thinking.type` `enabled`, the model refuses such a request: "a final `assistant` message must start with a
/// thinking block" (Bedrock user guide, "Extended thinking"). The answers of a loop count as one message, so only the
/// first one is looked at: without interleaved thinking, the model thinks once and then makes one call after the other.
/// Adaptive thinking has no such rule (Bedrock user guide, "Adaptive thinking").
pub(super) fn without_refused_budget(mut fields: Value, turns: &[Turn]) -> Value {
    if fields["thinking"]["type"] == "enabled" && begins_without_reasoning(turns) {
        remove_thinking(&mut fields);
    }
    fields
}

fn remove_thinking(fields: &mut Value) {
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("thinking");
    }
    let edits = fields.pointer_mut("/context_management/edits");
    if let Some(edits) = edits.and_then(Value::as_array_mut) {
        edits.retain(|edit| !clears_thinking(edit));
    }
}

/// Tells whether the turns are in a tool loop whose first answer does not begin with reasoning.
fn begins_without_reasoning(turns: &[Turn]) -> bool {
    let has_tools = |turn: &Turn| turn.parts.iter().any(Part::is_tool);
    let prompt = turns
        .iter()
        .rposition(|turn| turn.role == Role::User && !has_tools(turn));
    let mut tool_loop = turns.iter().skip(prompt.map_or(0, |prompt| prompt + 1));
    let first = tool_loop.find(|turn| turn.role == Role::Assistant && has_tools(turn));
    first.is_some_and(|turn| !turn.parts.first().is_some_and(Part::is_reasoning))
}

/// Tells whether the edit is `clear_thinking_20251015` or a later version of it, which "requires `thinking` to be
/// enabled or adaptive" (error of the model).
fn clears_thinking(edit: &Value) -> bool {
    let kind = edit["type"].as_str();
    kind.is_some_and(|kind| kind.starts_with("clear_thinking_"))
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::CallId;
    use serde_json::json;

    use super::*;

    fn call() -> Part {
        Part::ToolCall {
            id: CallId::trusted("tc_1"),
            name: "t".to_owned(),
            input: json!({}),
        }
    }

    fn result() -> Part {
        Part::ToolResult {
            id: CallId::trusted("tc_1"),
            error: false,
            text: "ok".to_owned(),
        }
    }

    fn thought() -> Part {
        Part::RedactedReasoning("c2VhbGVk".to_owned())
    }

    fn text() -> Part {
        Part::Text("so".to_owned())
    }

    /// Turns of a user and of the model in alternation.
    fn turns(contents: Vec<Vec<Part>>) -> Vec<Turn> {
        let roles = [Role::User, Role::Assistant].into_iter().cycle();
        let turn = |(role, parts)| Turn { role, parts };
        roles.zip(contents).map(turn).collect()
    }

    fn budget() -> Value {
        json!({"thinking": {"type": "enabled", "budget_tokens": 2048}})
    }

    #[test]
    fn a_budget_is_left_out_of_a_loop_that_begins_without_reasoning() {
        for contents in [
            vec![vec![text()], vec![call()], vec![result()]],
            vec![vec![text()], vec![text(), call()], vec![result()]],
            vec![
                vec![text()],
                vec![text(), thought(), call()],
                vec![result()],
            ],
            vec![vec![text()], vec![call()], vec![result(), text()]],
            vec![
                vec![text()],
                vec![call()],
                vec![result()],
                vec![thought(), call()],
                vec![result()],
            ],
            vec![
                vec![text()],
                vec![thought(), call()],
                vec![result()],
                vec![text()],
                vec![text()],
                vec![call()],
                vec![result()],
            ],
        ] {
            let turns = turns(contents);
            assert_eq!(
                without_refused_budget(budget(), &turns),
                json!({}),
                "{turns:?}"
            );
        }
    }

    #[test]
    fn a_budget_stays_in_a_loop_that_begins_with_reasoning_and_outside_of_loops() {
        for contents in [
            vec![],
            vec![vec![text()]],
            vec![vec![text()], vec![thought(), call()], vec![result()]],
            vec![
                vec![text()],
                vec![thought(), call()],
                vec![result()],
                vec![call()],
                vec![result()],
            ],
            vec![
                vec![text()],
                vec![call()],
                vec![result()],
                vec![text()],
                vec![text()],
            ],
        ] {
            let turns = turns(contents);
            assert_eq!(
                without_refused_budget(budget(), &turns),
                budget(),
                "{turns:?}"
            );
        }
    }

    #[test]
    fn other_thinking_and_other_fields_stay() {
        let turns = turns(vec![vec![text()], vec![call()], vec![result()]]);
        for fields in [
            json!({"thinking": {"type": "adaptive"}, "top_k": 5}),
            json!({"thinking": {"type": "disabled"}}),
            json!({"anthropic_beta": ["b"]}),
        ] {
            assert_eq!(without_refused_budget(fields.clone(), &turns), fields);
        }
        let edits =
            json!([{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]);
        let fields = json!({
            "thinking": {"type": "enabled", "budget_tokens": 2048},
            "anthropic_beta": ["interleaved-thinking-2025-05-14"],
            "output_config": {"effort": "low"},
            "context_management": {"edits": edits},
        });
        assert_eq!(
            without_refused_budget(fields, &turns),
            json!({
                "anthropic_beta": ["interleaved-thinking-2025-05-14"],
                "output_config": {"effort": "low"},
                "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
            })
        );
    }
}
