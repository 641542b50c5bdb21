//! Rules for labels, inference parameters, the system prompt and thinking.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{
    raw::{assert_rejected, conversation, outcome, text, user},
    simulator::{MODEL, Simulator},
};

#[tokio::test]
async fn labels_inference_parameters_and_system_prompt_have_limits() {
    let with = |name: &str, value: Value| {
        let mut body = conversation(&json!([user(&json!([text("Hello")]))]));
        body[name] = value;
        body
    };
    let many: BTreeMap<String, String> = (0..17)
        .map(|at| (format!("k{at}"), "v".to_owned()))
        .collect();
    let point = json!({ "cachePoint": { "type": "default" } });
    assert_rejected(&[
        ("requestMetadata", with("requestMetadata", json!(many))),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "": "v" })),
        ),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "k": "v".repeat(257) })),
        ),
        (
            "requestMetadata",
            with("requestMetadata", json!({ "k": "ä" })),
        ),
        (
            "inferenceConfig.maxTokens",
            with("inferenceConfig", json!({ "maxTokens": 0 })),
        ),
        (
            "inferenceConfig.temperature",
            with("inferenceConfig", json!({ "temperature": 1.5 })),
        ),
        ("system.0", with("system", json!([text(" ")]))),
        (
            "A maximum of 4 blocks",
            with(
                "system",
                json!([text("a"), point, point, point, point, point]),
            ),
        ),
    ])
    .await;
    let simulator = Simulator::start().await;
    for good in [
        with(
            "requestMetadata",
            json!({ "run:1": "a_@$#=/+,-. b", "empty": "" }),
        ),
        with(
            "inferenceConfig",
            json!({ "maxTokens": 1, "temperature": 1.0 }),
        ),
        with("system", json!([text("a"), point, point, point, point])),
    ] {
        assert_eq!(outcome(&simulator, MODEL, &good).await.0, 200, "{good}");
    }
}

#[tokio::test]
async fn parameters_that_exclude_thinking_are_rejected() {
    let with = |thinking: Value, limits: Value, choice: Value| {
        let mut body = conversation(&json!([user(&json!([text("Hello")]))]));
        body["additionalModelRequestFields"] = json!({ "thinking": thinking });
        body["inferenceConfig"] = limits;
        body["toolConfig"]["toolChoice"] = choice;
        body
    };
    let auto = json!({ "auto": {} });
    let budget = |tokens: i64| json!({ "type": "enabled", "budget_tokens": tokens });
    assert_rejected(&[
        (
            "tool_choice",
            with(budget(1_024), json!({}), json!({ "any": {} })),
        ),
        (
            "`temperature`",
            with(budget(1_024), json!({ "temperature": 0.5 }), auto.clone()),
        ),
        (
            "budget_tokens",
            with(budget(1_023), json!({}), auto.clone()),
        ),
        (
            "`max_tokens` must be greater",
            with(budget(2_000), json!({ "maxTokens": 2_000 }), auto.clone()),
        ),
    ])
    .await;
    let simulator = Simulator::start().await;
    for good in [
        with(
            budget(1_024),
            json!({ "maxTokens": 2_000, "temperature": 1.0 }),
            auto.clone(),
        ),
        with(
            json!({ "type": "disabled" }),
            json!({ "temperature": 0.5 }),
            auto,
        ),
    ] {
        assert_eq!(outcome(&simulator, MODEL, &good).await.0, 200, "{good}");
    }
}
