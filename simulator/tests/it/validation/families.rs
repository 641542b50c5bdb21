//! Rules of the model families.

use serde_json::{Value, json};

use crate::harness::{
    raw::{assistant, call, conversation, outcome, outcome_of, result, text, tool_turn, user},
    simulator::Simulator,
};

const SONNET_4_5: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const SONNET_4_6: &str = "us.anthropic.claude-sonnet-4-6";
const SONNET_5: &str = "eu.anthropic.claude-sonnet-5";
const SONNET_5_5: &str = "global.anthropic.claude-sonnet-5-5";
const HAIKU_5_5: &str = "us.anthropic.claude-haiku-5-5";
const OPUS_4_7: &str = "us.anthropic.claude-opus-4-7";
const NOVA: &str = "us.amazon.nova-lite-v1:0";
const NOVA_2: &str = "us.amazon.nova-2-lite-v1:0";
const LLAMA_4: &str = "us.meta.llama4-maverick-17b-instruct-v1:0";
const MIXTRAL: &str = "mistral.mixtral-8x7b-instruct-v0:1";
const MAGISTRAL: &str = "mistral.magistral-small-2509";
const DEEPSEEK_R1: &str = "us.deepseek.r1-v1:0";
const GPT_OSS: &str = "openai.gpt-oss-120b-1:0";
const QWEN: &str = "qwen.qwen3-32b-v1:0";

#[tokio::test]
async fn tools_are_accepted_where_the_family_takes_them() {
    let (plain, tools) = (
        plain(),
        conversation(&json!([user(&json!([text("Hello")]))])),
    );
    let no_stream = Some("This model doesn't support tool use in streaming mode.");
    let none = Some("This model doesn't support tool use.");
    let simulator = Simulator::start().await;
    for (model, streamed, complete) in [
        (SONNET_5_5, None, None),
        (NOVA, None, None),
        (LLAMA_4, no_stream, None),
        (MIXTRAL, no_stream, None),
        (DEEPSEEK_R1, none, none),
        ("simulator", None, None),
    ] {
        for (operation, expected) in [("converse-stream", streamed), ("converse", complete)] {
            let outcome = outcome_of(operation, &simulator, model, &tools).await;
            assert_outcome(&outcome, expected, model, &tools);
            let outcome = outcome_of(operation, &simulator, model, &plain).await;
            assert_outcome(&outcome, None, model, &plain);
        }
    }
}

#[tokio::test]
async fn retired_model_is_not_found() {
    let simulator = Simulator::start().await;
    for model in [
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "amazon.nova-premier-v1:0",
    ] {
        let (status, name, message) = outcome(&simulator, model, &plain()).await;
        assert_eq!(
            (status, name.as_str()),
            (404, "ResourceNotFoundException"),
            "{model}"
        );
        assert!(message.contains("end of its life"), "{message}");
    }
}

#[tokio::test]
async fn cache_points_are_accepted_where_the_family_takes_them() {
    let point = json!({ "cachePoint": { "type": "default" } });
    let hour = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let in_tools = changed(
        conversation(&json!([user(&json!([text("Hello")]))])),
        |body| {
            push(&mut body["toolConfig"]["tools"], &point);
        },
    );
    let in_system = with("system", json!([text("Be brief."), point]));
    let in_message = changed(plain(), |body| {
        push(&mut body["messages"][0]["content"], &point)
    });
    let beside_result = tool_turn(&json!([call("a")]), &json!([result("a"), point]));
    let for_an_hour = with("system", json!([text("Be brief."), hour]));
    let refused = Some("extraneous key [cachePoint] is not permitted");
    let refused_ttl = Some("extraneous key [ttl] is not permitted");
    check(&[
        (SONNET_5_5, &in_tools, None),
        (SONNET_5_5, &beside_result, None),
        (SONNET_5_5, &for_an_hour, None),
        (NOVA, &in_tools, refused),
        (NOVA, &in_system, None),
        (NOVA, &in_message, None),
        (NOVA, &beside_result, refused),
        (NOVA, &for_an_hour, refused_ttl),
        (GPT_OSS, &in_tools, refused),
        (GPT_OSS, &in_system, refused),
        (GPT_OSS, &in_message, refused),
        ("simulator", &in_tools, None),
    ])
    .await;
}

#[tokio::test]
async fn status_and_text_beside_tool_blocks_depend_on_the_family() {
    let failed = json!({ "toolResult": { "toolUseId": "a", "status": "error", "content": [{ "text": "no" }] } });
    let failed = tool_turn(&json!([call("a")]), &json!([failed]));
    let with_text = tool_turn(&json!([text("so"), call("a")]), &json!([result("a")]));
    let followed = tool_turn(&json!([call("a")]), &json!([result("a"), text("and?")]));
    let status = Some("extraneous key [status] is not permitted");
    let mixed = Some("cannot be provided in the same turn");
    check(&[
        (SONNET_5_5, &failed, None),
        (NOVA, &failed, None),
        (QWEN, &failed, status),
        (GPT_OSS, &failed, status),
        (SONNET_5_5, &followed, None),
        (NOVA, &with_text, None),
        (NOVA, &followed, mixed),
        (QWEN, &followed, mixed),
    ])
    .await;
    let simulator = Simulator::start().await;
    for body in [&with_text, &followed] {
        let outcome = outcome_of("converse", &simulator, LLAMA_4, body).await;
        assert_outcome(&outcome, mixed, LLAMA_4, body);
    }
}

#[tokio::test]
async fn sampling_parameters_depend_on_the_family() {
    let both = with(
        "inferenceConfig",
        json!({ "temperature": 1.0, "topP": 1.0 }),
    );
    let one = with("inferenceConfig", json!({ "temperature": 0.5 }));
    let top_p = with("inferenceConfig", json!({ "topP": 0.5 }));
    let top_k = with("additionalModelRequestFields", json!({ "top_k": 5 }));
    let mut thinking = with(
        "additionalModelRequestFields",
        json!({ "thinking": { "type": "adaptive" } }),
    );
    thinking["inferenceConfig"] = json!({ "topP": 0.95 });
    check(&[
        (SONNET_4_5, &both, Some("cannot both be specified")),
        (SONNET_4_5, &one, None),
        (SONNET_4_6, &both, None),
        (
            SONNET_4_6,
            &thinking,
            Some("`top_p` must be unset when thinking"),
        ),
        (OPUS_4_7, &one, Some("`temperature` may only be set to 1")),
        (SONNET_5_5, &both, None),
        (SONNET_5_5, &top_p, Some("`top_p` may only be set to 0.99")),
        (SONNET_5_5, &top_k, Some("`top_k`")),
        (NOVA, &both, None),
        ("simulator", &both, None),
    ])
    .await;
}

#[tokio::test]
async fn thinking_settings_depend_on_the_family() {
    let fields = |fields: Value| with("additionalModelRequestFields", fields);
    let thinking = |thinking: Value| fields(json!({ "thinking": thinking }));
    let budget = thinking(json!({ "type": "enabled", "budget_tokens": 1_024 }));
    let adaptive = thinking(json!({ "type": "adaptive", "display": "summarized" }));
    let disabled = thinking(json!({ "type": "disabled" }));
    let between = thinking(json!({ "type": "between_tools" }));
    let between_shown = thinking(json!({ "type": "between_tools", "display": "summarized" }));
    let effort = thinking(json!({ "type": "adaptive", "effort": "low" }));
    let binding = json!({ "type": "adaptive", "block_binding": { "prefix_mismatch_behavior": "drop_block" } });
    let unbound = thinking(binding.clone());
    let bound = fields(
        json!({ "thinking": binding, "anthropic_beta": ["thinking-binding-controls-2026-08-01"] }),
    );
    let highest =
        fields(json!({ "thinking": { "type": "disabled" }, "output_config": { "effort": "max" } }));
    let reasoning_effort = fields(json!({ "reasoning_effort": "low" }));
    let nova =
        fields(json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": "low" } }));
    check(&[
        (SONNET_4_5, &budget, None),
        (
            SONNET_4_5,
            &adaptive,
            Some("\"thinking.type.adaptive\" is not supported for this model"),
        ),
        (SONNET_4_6, &adaptive, None),
        (
            OPUS_4_7,
            &budget,
            Some("\"thinking.type.enabled\" is not supported for this model"),
        ),
        (HAIKU_5_5, &disabled, None),
        (HAIKU_5_5, &highest, Some("output_config.effort")),
        (
            SONNET_5_5,
            &disabled,
            Some("\"thinking.type.disabled\" is not supported for this model"),
        ),
        (SONNET_5_5, &between, None),
        (
            SONNET_5_5,
            &between_shown,
            Some("thinking.between_tools.display: Extra inputs"),
        ),
        (
            SONNET_5_5,
            &effort,
            Some("thinking.adaptive.effort: Extra inputs are not permitted"),
        ),
        (
            SONNET_5_5,
            &unbound,
            Some("thinking.adaptive.block_binding: Extra inputs"),
        ),
        (SONNET_5_5, &bound, None),
        (
            SONNET_5_5,
            &reasoning_effort,
            Some("reasoning_effort: Extra inputs"),
        ),
        (GPT_OSS, &reasoning_effort, None),
        (NOVA_2, &nova, None),
        (
            NOVA,
            &adaptive,
            Some("extraneous key [thinking] is not permitted"),
        ),
        ("simulator", &budget_with_max_tokens(), None),
    ])
    .await;
}

#[tokio::test]
async fn forced_tool_choice_depends_on_the_family() {
    let forced = |thinking: Option<Value>| {
        changed(
            conversation(&json!([user(&json!([text("Hello")]))])),
            |body| {
                body["toolConfig"]["toolChoice"] = json!({ "any": {} });
                if let Some(thinking) = thinking {
                    body["additionalModelRequestFields"] = json!({ "thinking": thinking });
                }
            },
        )
    };
    let plain = forced(None);
    let adaptive = forced(Some(json!({ "type": "adaptive" })));
    let budget = forced(Some(json!({ "type": "enabled", "budget_tokens": 1_024 })));
    let refused = "tool_choice: type \"tool\" and \"any\" are not supported for this model";
    check(&[
        (SONNET_4_5, &plain, None),
        (SONNET_4_5, &budget, Some("tool_choice")),
        (SONNET_4_6, &adaptive, None),
        (SONNET_4_6, &budget, Some("tool_choice")),
        (SONNET_5, &adaptive, None),
        (SONNET_5_5, &plain, Some(refused)),
        (NOVA, &plain, None),
        (QWEN, &plain, Some("toolConfig.toolChoice.any")),
    ])
    .await;
}

#[tokio::test]
async fn reasoning_in_the_history_is_accepted_by_claude_only() {
    let thought = |text: Value| json!({ "reasoningContent": { "reasoningText": text } });
    let history = |block: Value| {
        json!({ "messages": [
            user(&json!([text("Hello")])),
            assistant(&json!([block, text("Hey")])),
            user(&json!([text("And?")])),
        ] })
    };
    let unsigned = history(thought(json!({ "text": "Hm." })));
    let garbled = history(thought(json!({ "text": "Hm.", "signature": "x" })));
    let redacted = history(json!({ "reasoningContent": { "redactedContent": "AA==" } }));
    let refused = Some("User messages cannot contain reasoning content");
    check(&[
        (
            SONNET_5_5,
            &unsigned,
            Some("thinking.signature: Field required"),
        ),
        (
            SONNET_5_5,
            &garbled,
            Some("Invalid `signature` in `thinking` block"),
        ),
        (SONNET_5_5, &redacted, None),
        (NOVA, &unsigned, refused),
        (NOVA, &redacted, refused),
        (GPT_OSS, &unsigned, refused),
        (DEEPSEEK_R1, &unsigned, refused),
    ])
    .await;
}

#[tokio::test]
async fn output_limits_and_the_context_window_depend_on_the_family() {
    let tokens = |tokens: u32| with("inferenceConfig", json!({ "maxTokens": tokens }));
    let long = json!({ "messages": [user(&json!([text(&"word ".repeat(120_000))]))] });
    check(&[
        (NOVA, &tokens(10_000), None),
        (
            NOVA,
            &tokens(10_001),
            Some("exceeds the model limit of 10000"),
        ),
        (
            SONNET_5_5,
            &tokens(128_001),
            Some("exceeds the model limit of 128000"),
        ),
        (
            GPT_OSS,
            &long,
            Some("Input is too long for requested model."),
        ),
        (SONNET_5_5, &long, None),
        ("simulator", &tokens(1_000_000), None),
    ])
    .await;
}

#[tokio::test]
async fn structured_output_depends_on_the_family() {
    let format = with(
        "outputConfig",
        json!({ "textFormat": { "type": "json_schema" } }),
    );
    let strict = changed(
        conversation(&json!([user(&json!([text("Hello")]))])),
        |body| {
            body["toolConfig"]["tools"][0]["toolSpec"]["strict"] = json!(true);
        },
    );
    check(&[
        (SONNET_4_6, &format, None),
        (SONNET_4_6, &strict, None),
        (
            SONNET_5_5,
            &format,
            Some("output_config.format: Extra inputs are not permitted"),
        ),
        (
            SONNET_5_5,
            &strict,
            Some("tools.0.custom.strict: Extra inputs are not permitted"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn files_system_prompts_and_tool_use_ids_depend_on_the_family() {
    let image = json!({ "image": { "format": "png", "source": { "bytes": "AA==" } } });
    let document =
        json!({ "document": { "name": "d", "format": "txt", "source": { "bytes": "AA==" } } });
    let prompt = |block: &Value| json!({ "messages": [user(&json!([text("See"), block]))] });
    let (image, document) = (prompt(&image), prompt(&document));
    let system = with("system", json!([text("Be brief.")]));
    let ids = |id: &str| tool_turn(&json!([call(id)]), &json!([result(id)]));
    let (foreign, own) = (ids("tooluse_a"), ids("aB3456789"));
    check(&[
        (SONNET_5_5, &image, None),
        (LLAMA_4, &image, None),
        (GPT_OSS, &image, Some("image")),
        (NOVA, &document, None),
        ("amazon.nova-micro-v1:0", &document, Some("document")),
        (MIXTRAL, &system, Some("doesn't support system messages")),
        (MAGISTRAL, &system, None),
        (
            MAGISTRAL,
            &foreign,
            Some("must be a-z, A-Z, 0-9, with a length of 9"),
        ),
        (MAGISTRAL, &own, None),
        (QWEN, &foreign, None),
    ])
    .await;
}

fn plain() -> Value {
    json!({ "messages": [user(&json!([text("Hello")]))] })
}

fn with(name: &str, value: Value) -> Value {
    changed(plain(), |body| body[name] = value)
}

fn budget_with_max_tokens() -> Value {
    let mut body = with("inferenceConfig", json!({ "maxTokens": 2_000 }));
    body["additionalModelRequestFields"] =
        json!({ "thinking": { "type": "enabled", "budget_tokens": 1_024 } });
    body
}

fn changed(mut body: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut body);
    body
}

fn push(list: &mut Value, block: &Value) {
    list.as_array_mut().unwrap().push(block.clone());
}

/// Sends each body to `ConverseStream` and asserts the part of its error message, or status 200.
async fn check(cases: &[(&str, &Value, Option<&str>)]) {
    let simulator = Simulator::start().await;
    for (model, body, expected) in cases {
        let outcome = outcome(&simulator, model, body).await;
        assert_outcome(&outcome, *expected, model, body);
    }
}

fn assert_outcome(
    outcome: &(u16, String, String),
    expected: Option<&str>,
    model: &str,
    body: &Value,
) {
    let (status, name, message) = outcome;
    match expected {
        None => assert_eq!(*status, 200, "{model}: {message}"),
        Some(expected) => {
            let short: String = body.to_string().chars().take(300).collect();
            assert_eq!(
                (*status, name.as_str()),
                (400, "ValidationException"),
                "{model}: {short}"
            );
            assert!(
                message.contains(expected),
                "{model}: “{message}” lacks “{expected}”: {short}"
            );
        }
    }
}
