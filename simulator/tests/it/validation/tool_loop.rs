//! Rule for the reasoning that begins a tool loop.

use serde_json::{Value, json};

use crate::harness::{
    raw::{assert_rejected, assistant, call, conversation, outcome, result, text, user},
    simulator::{MODEL, Simulator},
};

/// Model that also takes adaptive thinking.
const ADAPTIVE: &str = "us.anthropic.claude-sonnet-4-6";

fn thought() -> Value {
    json!({ "reasoningContent": { "redactedContent": "c2VhbGVk" } })
}

/// Returns the messages of a prompt and of one step for each content of an assistant message, with the result of the
/// step's only call, which has the step's number as its id.
fn steps(contents: &[Value]) -> Vec<Value> {
    let mut messages = vec![user(&json!([text("go")]))];
    for (index, content) in contents.iter().enumerate() {
        messages.push(assistant(content));
        messages.push(user(&json!([result(&index.to_string())])));
    }
    messages
}

fn with(thinking: &Value, messages: &[Value]) -> Value {
    let mut body = conversation(&json!(messages));
    body["additionalModelRequestFields"] = json!({ "thinking": thinking });
    body
}

fn manual(messages: &[Value]) -> Value {
    with(
        &json!({ "type": "enabled", "budget_tokens": 1_024 }),
        messages,
    )
}

#[tokio::test]
async fn a_loop_that_begins_without_reasoning_is_rejected_with_a_budget() {
    let expected = |index: usize, found: &str| {
        format!(
            "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block"
        )
    };
    let mut with_text = steps(&[json!([call("0")])]);
    with_text[2]["content"]
        .as_array_mut()
        .unwrap()
        .push(text("and?"));
    let mut second = steps(&[json!([thought(), call("0")])]);
    second.push(assistant(&json!([text("done")])));
    second.extend(steps(&[json!([call("0")])]));
    let cases = [
        (1, "tool_use", steps(&[json!([call("0")])])),
        (1, "text", steps(&[json!([text("so"), call("0")])])),
        (1, "tool_use", with_text),
        (
            1,
            "tool_use",
            steps(&[json!([call("0")]), json!([thought(), call("1")])]),
        ),
        (5, "tool_use", second),
    ];
    let cases = cases.map(|(index, found, messages)| (expected(index, found), manual(&messages)));
    let cases: Vec<_> = cases
        .iter()
        .map(|(expected, body)| (expected.as_str(), body.clone()))
        .collect();
    assert_rejected(&cases).await;
}

#[tokio::test]
async fn a_loop_that_begins_with_reasoning_is_accepted_with_a_budget() {
    let mut answered = steps(&[json!([call("0")])]);
    answered.push(assistant(&json!([text("done")])));
    answered.push(user(&json!([text("and now?")])));
    let simulator = Simulator::start().await;
    for messages in [
        steps(&[]),
        steps(&[json!([thought(), call("0")])]),
        steps(&[
            json!([thought(), text("so"), call("0")]),
            json!([call("1")]),
        ]),
        answered,
    ] {
        let body = manual(&messages);
        assert_eq!(outcome(&simulator, MODEL, &body).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn a_loop_without_reasoning_is_accepted_without_a_budget() {
    let messages = steps(&[json!([call("0")])]);
    let simulator = Simulator::start().await;
    for body in [
        conversation(&json!(messages)),
        with(&json!({ "type": "disabled" }), &messages),
        with(&json!({ "type": "adaptive" }), &messages),
    ] {
        assert_eq!(outcome(&simulator, ADAPTIVE, &body).await.0, 200, "{body}");
    }
}
