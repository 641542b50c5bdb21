//! Further fields of a request (`additionalModelRequestFields`): those of the deployment, and those that ask the
//! model to show its reasoning.

use longwire_agent::model::Request;
use serde_json::{Map, Value, json};

use crate::bedrock::family::{AskFor, Family};
use crate::bedrock::tool_loop::without_refused_budget;

/// Least tokens of a thinking budget (Bedrock user guide, "Extended thinking").
pub(super) const MIN_BUDGET: u32 = 1024;

/// Fields that set the reasoning of a model.
const REASONING_FIELDS: [&str; 3] = ["thinking", "reasoningConfig", "reasoning_effort"];

/// Fields of a request whose turns are as the family takes them. `given` are those of the deployment (`MODEL_FIELDS`);
/// they win.
pub(super) fn fields(request: &Request, given: Option<&Value>, family: &Family) -> Option<Value> {
    let mut given = given.cloned();
    if !family.reasoning.settings {
        given = given.map(without_reasoning);
    }
    let asked = request.reasoning && family.reasoning.settings;
    let asked = asked
        .then(|| show(request, family.reasoning.ask_for))
        .flatten();
    let asked = asked.filter(|asked| !contradicts(given.as_ref(), asked));
    let fields = match (asked, given) {
        (Some(asked), Some(given)) => merge(asked, given),
        (asked, given) => asked.or(given)?,
    };
    let fields = without_refused_budget(fields, &request.turns);
    Some(fields).filter(|fields| *fields != json!({}))
}

/// Tells whether the fields switch on thinking of Claude.
pub(super) fn thinks(fields: Option<&Value>) -> bool {
    let kind = fields.and_then(|fields| fields["thinking"]["type"].as_str());
    kind.is_some_and(|kind| kind != "disabled")
}

/// Tells whether the fields ask Nova 2 for its highest effort, with which it takes no inference parameters.
pub(super) fn highest_effort(fields: Option<&Value>) -> bool {
    fields.is_some_and(|fields| fields["reasoningConfig"]["maxReasoningEffort"] == "high")
}

fn show(request: &Request, way: AskFor) -> Option<Value> {
    match way {
        AskFor::Nothing => None,
        AskFor::Adaptive => Some(json!({"thinking": {"type": "adaptive"}})),
        AskFor::AdaptiveSummarized => {
            Some(json!({"thinking": {"type": "adaptive", "display": "summarized"}}))
        }
        AskFor::Budget => budget(request),
        AskFor::ReasoningConfig => {
            Some(json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}))
        }
        AskFor::ReasoningEffort => Some(json!({"reasoning_effort": "medium"})),
    }
}

/// A budget of half the reply, at least the least that is allowed. `None` when the reply is too short for it.
fn budget(request: &Request) -> Option<Value> {
    let budget = MIN_BUDGET.max(request.max_tokens / 2);
    let fits = budget < request.max_tokens;
    fits.then(|| json!({"thinking": {"type": "enabled", "budget_tokens": budget}}))
}

/// Tells whether the deployment sets the reasoning to another type than the one that is asked for.
fn contradicts(given: Option<&Value>, asked: &Value) -> bool {
    let Some(given) = given else { return false };
    REASONING_FIELDS.iter().any(|field| {
        let (given, asked) = (&given[*field], &asked[*field]);
        let other = |given: &Value| !given.is_null() && *given != asked["type"];
        asked.is_object() && (other(&given["type"]) || !(given.is_null() || given.is_object()))
    })
}

fn without_reasoning(fields: Value) -> Value {
    let Value::Object(mut fields) = fields else {
        return fields;
    };
    fields.retain(|name, _| !REASONING_FIELDS.contains(&name.as_str()));
    Value::Object(fields)
}

/// Merges two values deeply; `over` wins. Both come from parsed JSON, whose depth is limited.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => Value::Object(merge_objects(base, over)),
        (_, over) => over,
    }
}

fn merge_objects(mut base: Map<String, Value>, over: Map<String, Value>) -> Map<String, Value> {
    for (name, over) in over {
        let value = match base.remove(&name) {
            Some(base) => merge(base, over),
            None => over,
        };
        base.insert(name, value);
    }
    base
}

#[cfg(test)]
mod tests {
    use longwire_agent::model::{Part, Turn};
    use longwire_core::ids::{CallId, RunId, ThreadId};
    use longwire_core::message::Role;

    use super::*;

    fn request(reasoning: bool, max_tokens: u32) -> Request {
        Request {
            system: String::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            max_tokens,
            reasoning,
            run_id: RunId::trusted("r"),
            thread_id: ThreadId::trusted("t"),
        }
    }

    /// Fields of a request that asks for reasoning.
    fn shown(model_id: &str, given: Option<&Value>) -> Option<Value> {
        let family = Family::of(model_id, None);
        fields(&request(true, 4096), given, &family)
    }

    #[test]
    fn reasoning_is_asked_for_in_the_way_of_the_family() {
        for (model_id, expected) in [
            (
                "us.anthropic.claude-sonnet-5-5",
                json!({"thinking": {"type": "adaptive", "display": "summarized"}}),
            ),
            (
                "anthropic.claude-opus-4-7",
                json!({"thinking": {"type": "adaptive"}}),
            ),
            (
                "anthropic.claude-haiku-4-5-20251001-v1:0",
                json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
            ),
            (
                "amazon.nova-2-lite-v1:0",
                json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
            ),
            (
                "openai.gpt-oss-120b-1:0",
                json!({"reasoning_effort": "medium"}),
            ),
        ] {
            assert_eq!(shown(model_id, None), Some(expected), "{model_id}");
        }
        for model_id in ["amazon.nova-lite-v1:0", "us.deepseek.r1-v1:0", "other"] {
            assert_eq!(shown(model_id, None), None, "{model_id}");
        }
    }

    #[test]
    fn reasoning_is_not_asked_for_unless_the_client_wants_it() {
        let family = Family::of("anthropic.claude-sonnet-5-5", None);
        assert_eq!(fields(&request(false, 4096), None, &family), None);
    }

    #[test]
    fn the_fields_of_the_deployment_win() {
        let sonnet = "anthropic.claude-sonnet-5-5";
        assert_eq!(
            shown(
                sonnet,
                Some(&json!({"thinking": {"display": "updates"}, "top_k": 5}))
            ),
            Some(json!({"thinking": {"type": "adaptive", "display": "updates"}, "top_k": 5}))
        );
        for other in [
            json!({"thinking": {"type": "between_tools"}}),
            json!({"thinking": {"type": "disabled"}}),
            json!({"thinking": false}),
        ] {
            assert_eq!(shown(sonnet, Some(&other)), Some(other));
        }
        let effort = json!({"reasoning_effort": "high"});
        assert_eq!(
            shown("openai.gpt-oss-120b-1:0", Some(&effort)),
            Some(effort)
        );
    }

    #[test]
    fn a_budget_is_smaller_than_the_reply_or_left_out() {
        let family = Family::of("anthropic.claude-sonnet-4-5", None);
        let budget = |max_tokens| {
            let fields = fields(&request(true, max_tokens), None, &family);
            fields.and_then(|fields| fields["thinking"]["budget_tokens"].as_u64())
        };
        assert_eq!(
            [1, 1024, 1025, 2048, 16_000].map(budget),
            [None, None, Some(1024), Some(1024), Some(8000)]
        );
    }

    #[test]
    fn a_budget_is_left_out_after_calls_without_thinking() {
        let id = CallId::trusted("tc_1");
        let call = Part::ToolCall {
            id: id.clone(),
            name: "t".to_owned(),
            input: json!({}),
        };
        let result = Part::ToolResult {
            id,
            error: false,
            text: "ok".to_owned(),
        };
        let turn = |role, parts| Turn { role, parts };
        let mut request = request(true, 4096);
        request.turns = vec![
            turn(Role::Assistant, vec![call]),
            turn(Role::User, vec![result]),
        ];
        let given = json!({"thinking": {"type": "enabled", "budget_tokens": 2048}, "top_k": 5});
        // Sonnet 4.6 is asked for adaptive thinking, but the deployment has chosen a budget.
        for model_id in ["anthropic.claude-sonnet-4-5", "anthropic.claude-sonnet-4-6"] {
            let family = Family::of(model_id, None);
            assert_eq!(
                fields(&request, Some(&given), &family),
                Some(json!({"top_k": 5})),
                "{model_id}"
            );
        }
        let family = Family::of("anthropic.claude-sonnet-4-5", None);
        assert_eq!(fields(&request, None, &family), None);
    }

    #[test]
    fn a_refused_setting_of_reasoning_is_left_out() {
        let mut family = Family::of("anthropic.claude-sonnet-5-5", None);
        family.reasoning.settings = false;
        let given = json!({"thinking": {"type": "adaptive"}, "top_k": 5});
        assert_eq!(
            fields(&request(true, 4096), Some(&given), &family),
            Some(json!({"top_k": 5}))
        );
        let given = json!({"thinking": {"type": "adaptive"}});
        assert_eq!(fields(&request(true, 4096), Some(&given), &family), None);
    }
}
