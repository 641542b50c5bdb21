//! Turns as a family takes them. The result keeps the rules of the agent's context window: turns alternate, and each
//! call has its result in the next turn.

mod cache_points;
mod call_ids;
mod plain_tools;
mod separate;

use longwire_agent::model::Turn;
use longwire_core::message::Role;

use crate::bedrock::family::{CallIds, Family, TextBesideTools, Tools};

/// Converts the turns of a request for a family.
pub(super) fn fit(turns: Vec<Turn>, family: &Family) -> Vec<Turn> {
    let mut turns = turns;
    if !family.reasoning.sent_back {
        turns = without_reasoning(turns);
    }
    if family.tools == Tools::Refused {
        plain_tools::plain(&mut turns);
    }
    if family.beside != TextBesideTools::CallsAndResults {
        turns = separate::separate(turns, family.beside);
    }
    if family.call_ids == CallIds::NineCharacters {
        call_ids::shorten(&mut turns);
    }
    cache_points::place(&mut turns, family.cache.turns);
    turns
}

/// Leaves out reasoning. An answer of which nothing is left is left out too, and its neighbours are joined.
fn without_reasoning(turns: Vec<Turn>) -> Vec<Turn> {
    let mut kept: Vec<Turn> = Vec::new();
    for mut turn in turns {
        turn.parts.retain(|part| !part.is_reasoning());
        match kept.last_mut() {
            _ if turn.role == Role::Assistant && turn.parts.is_empty() => {}
            Some(last) if last.role == turn.role => last.parts.append(&mut turn.parts),
            _ => kept.push(turn),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use longwire_agent::model::Part;
    use longwire_core::ids::CallId;
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    fn call(id: &str) -> Part {
        Part::ToolCall {
            id: CallId::trusted(id),
            name: "get_weather".to_owned(),
            input: json!({"location": "Oslo"}),
        }
    }

    fn result(id: &str, error: bool) -> Part {
        Part::ToolResult {
            id: CallId::trusted(id),
            error,
            text: "Sunny.".to_owned(),
        }
    }

    fn user(parts: Vec<Part>) -> Turn {
        let role = Role::User;
        Turn { role, parts }
    }

    fn assistant(parts: Vec<Part>) -> Turn {
        let role = Role::Assistant;
        Turn { role, parts }
    }

    fn conversation() -> Vec<Turn> {
        let reasoning = Part::Reasoning {
            text: "Hm.".to_owned(),
            signature: Some("c2ln".to_owned()),
        };
        vec![
            user(vec![text("Weather?"), Part::CachePoint]),
            assistant(vec![
                reasoning,
                text("Let me see."),
                call("tc_1"),
                call("tc_2"),
            ]),
            user(vec![
                result("tc_1", false),
                result("tc_2", true),
                text("And now?"),
                Part::CachePoint,
            ]),
        ]
    }

    fn fitted(model_id: &str) -> Vec<Turn> {
        fit(conversation(), &Family::of(model_id, None))
    }

    #[test]
    fn claude_gets_the_turns_as_they_are() {
        assert_eq!(fitted("anthropic.claude-sonnet-5-5"), conversation());
    }

    #[test]
    fn llama_gets_results_and_text_in_turns_of_their_own_and_no_text_beside_calls() {
        assert_eq!(
            fitted("meta.llama4-scout"),
            [
                user(vec![text("Weather?")]),
                assistant(vec![call("tc_1"), call("tc_2")]),
                user(vec![result("tc_1", false), result("tc_2", true)]),
                assistant(vec![text(separate::BETWEEN)]),
                user(vec![text("And now?")]),
            ]
        );
    }

    #[test]
    fn nova_gets_no_cache_point_beside_results() {
        let turns = fitted("amazon.nova-lite-v1:0");
        assert_eq!(
            turns[1].parts,
            [text("Let me see."), call("tc_1"), call("tc_2")]
        );
        assert_eq!(
            turns[2].parts,
            [result("tc_1", false), result("tc_2", true)]
        );
        assert_eq!(turns[4].parts, [text("And now?"), Part::CachePoint]);
    }

    #[test]
    fn a_cache_point_beside_results_moves_to_the_last_turn_that_may_have_one() {
        let turns = vec![
            user(vec![text("One?")]),
            assistant(vec![text("Yes.")]),
            user(vec![text("Weather?"), Part::CachePoint]),
            assistant(vec![call("tc_1")]),
            user(vec![result("tc_1", false), Part::CachePoint]),
        ];
        let turns = fit(turns, &Family::of("amazon.nova-pro-v1:0", None));
        let points = |turn: &Turn| {
            turn.parts
                .iter()
                .filter(|part| **part == Part::CachePoint)
                .count()
        };
        assert_eq!(
            turns.iter().map(points).collect::<Vec<_>>(),
            [1, 0, 1, 0, 0]
        );
        assert_eq!(turns[4].parts, [result("tc_1", false)]);
    }

    #[test]
    fn a_model_without_tools_reads_calls_and_results_as_text() {
        assert_eq!(
            fitted("us.deepseek.r1-v1:0"),
            [
                user(vec![text("Weather?")]),
                assistant(vec![
                    text("Let me see."),
                    text("(Called the tool get_weather with {\"location\":\"Oslo\"}.)"),
                    text("(Called the tool get_weather with {\"location\":\"Oslo\"}.)"),
                ]),
                user(vec![
                    text("(Result of the tool get_weather: Sunny.)"),
                    text("(Error of the tool get_weather: Sunny.)"),
                    text("And now?"),
                ]),
            ]
        );
    }

    #[test]
    fn mistral_gets_call_ids_of_nine_characters() {
        let turns = fitted("mistral.mistral-large-3-675b-instruct");
        let ids: Vec<_> = turns
            .iter()
            .flat_map(|turn| &turn.parts)
            .filter_map(|part| match part {
                Part::ToolCall { id, .. } | Part::ToolResult { id, .. } => Some(id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(ids, ["call00001", "call00002", "call00001", "call00002"]);
    }

    #[test]
    fn an_answer_of_reasoning_alone_is_left_out_where_reasoning_is_refused() {
        let turns = vec![
            user(vec![text("One?")]),
            assistant(vec![Part::RedactedReasoning("c2VhbGVk".to_owned())]),
            user(vec![text("Two?"), Part::CachePoint]),
        ];
        assert_eq!(
            fit(turns, &Family::of("openai.gpt-oss-20b-1:0", None)),
            [user(vec![text("One?"), text("Two?")])]
        );
    }

    #[test]
    fn turns_alternate_and_calls_have_their_results_for_every_family() {
        for family in crate::bedrock::family::rows() {
            let turns = fit(conversation(), family);
            for pair in turns.windows(2) {
                assert_ne!(pair[0].role, pair[1].role, "{}", family.name);
                let count = |turn: &Turn| turn.parts.iter().filter(|part| part.is_tool()).count();
                let calls = pair[0]
                    .parts
                    .iter()
                    .any(|part| matches!(part, Part::ToolCall { .. }));
                assert!(
                    !calls || count(&pair[0]) == count(&pair[1]),
                    "{}",
                    family.name
                );
            }
            let ends = [turns.first(), turns.last()].map(|turn| turn.map(|turn| turn.role));
            assert_eq!(ends, [Some(Role::User); 2], "{}", family.name);
        }
    }
}
