//! Behavior of the model families in the responses of the rules.

use serde_json::{Value, json};

use crate::harness::{
    message::{tool_configuration, user_message},
    raw::{complete, offered, text, user},
    response::Response,
    simulator::Simulator,
};

const QUESTION: &str = "How is the weather in New York?";
/// A question with an even number of bytes.
const EVEN_QUESTION: &str = "How is the weather in New York now?!";

#[tokio::test]
async fn every_family_answers_the_weather_question_as_well_as_it_can() {
    let simulator = Simulator::start().await;
    for (model, answer) in [
        ("simulator", "It is sunny in New York."),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "It is sunny in New York.",
        ),
        ("us.anthropic.claude-sonnet-5-5", "It is sunny in New York."),
        ("us.anthropic.claude-fable-5-2", "It is sunny in New York."),
        ("us.amazon.nova-lite-v1:0", "It is sunny in New York."),
        (
            "us.meta.llama4-maverick-17b-instruct-v1:0",
            "It is sunny in New York.",
        ),
        ("mistral.magistral-small-2509", "It is sunny in New York."),
        ("openai.gpt-oss-120b-1:0", "It is sunny in New York."),
        ("moonshot.kimi-k2-thinking", "It is sunny in New York."),
    ] {
        let prompt = user(&json!([text(QUESTION)]));
        let first = complete(&simulator, model, &offered(&json!([prompt]))).await;
        let mut message = first["output"]["message"].clone();
        let content = message["content"].as_array_mut().unwrap();
        if !model.contains("claude") {
            content.retain(|block| block.get("reasoningContent").is_none());
        }
        let id = content.last().unwrap()["toolUse"]["toolUseId"].clone();
        let result = json!({ "toolResult": { "toolUseId": id, "content": [text("Clear sky")] } });
        let messages = json!([prompt, message, user(&json!([result]))]);
        let second = complete(&simulator, model, &offered(&messages)).await;
        let content = second["output"]["message"]["content"].as_array().unwrap();
        assert_eq!(content.last().unwrap(), &text(answer), "{model}");
    }
    let body = json!({ "messages": [user(&json!([text(QUESTION)]))] });
    let output = complete(&simulator, "us.deepseek.r1-v1:0", &body).await;
    assert_eq!(
        output["output"]["message"]["content"],
        json!([
            { "reasoningContent": { "reasoningText": { "text": "I can answer this now." } } },
            text("I have no tool to look at the weather."),
        ])
    );
}

#[tokio::test]
async fn claude_5_5_reasons_with_an_empty_signed_block_unless_a_summary_is_requested() {
    let simulator = Simulator::start().await;
    for model in [
        "us.anthropic.claude-sonnet-5-5",
        "us.anthropic.claude-haiku-5-5",
        "us.anthropic.claude-opus-5-5",
        "us.anthropic.claude-fable-5-2",
    ] {
        let mut body = offered(&json!([user(&json!([text(QUESTION)]))]));
        let hidden = first_reasoning(&complete(&simulator, model, &body).await);
        assert_eq!(hidden["text"], "", "{model}");
        assert!(hidden["signature"].is_string(), "{model}: {hidden}");
        body["additionalModelRequestFields"] =
            json!({ "thinking": { "type": "adaptive", "display": "summarized" } });
        let shown = first_reasoning(&complete(&simulator, model, &body).await);
        assert_eq!(shown["text"], "I need get_weather for this.", "{model}");
        assert!(shown["signature"].is_string(), "{model}: {shown}");
    }
}

#[tokio::test]
async fn disabled_thinking_is_off_and_a_budget_switches_it_on() {
    let simulator = Simulator::start().await;
    for (model, thinking, expected) in [
        (
            "us.anthropic.claude-haiku-5-5",
            json!({ "type": "disabled" }),
            Value::Null,
        ),
        ("us.anthropic.claude-sonnet-4-6", Value::Null, Value::Null),
        (
            "us.anthropic.claude-sonnet-4-6",
            json!({ "type": "enabled", "budget_tokens": 1_024 }),
            json!("I need get_weather for this."),
        ),
    ] {
        let mut body = offered(&json!([user(&json!([text(QUESTION)]))]));
        if !thinking.is_null() {
            body["additionalModelRequestFields"] = json!({ "thinking": thinking });
        }
        let output = complete(&simulator, model, &body).await;
        assert_eq!(first_reasoning(&output)["text"], expected, "{model}");
    }
}

#[tokio::test]
async fn hidden_reasoning_does_not_delay_the_text() {
    let simulator = Simulator::start().await;
    let response = respond(&simulator, "us.anthropic.claude-sonnet-5-5", "Hey!").await;
    assert_eq!(
        response.events[..4],
        ["start assistant", "delta 0", "stop 0", "delta 1"]
    );
    assert_eq!(response.text(), "Hello! How can I help you today?");
    assert_eq!(response.usage, Some((1, 8, 9)));
}

#[tokio::test]
async fn stop_reason_of_a_message_with_calls_depends_on_the_family() {
    let simulator = Simulator::start().await;
    for (model, prompt, reason) in [
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            QUESTION,
            "end_turn",
        ),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            EVEN_QUESTION,
            "tool_use",
        ),
        ("us.anthropic.claude-sonnet-4-6", QUESTION, "end_turn"),
        ("us.anthropic.claude-sonnet-5-5", QUESTION, "tool_use"),
        ("openai.gpt-oss-120b-1:0", QUESTION, "end_turn"),
        ("openai.gpt-oss-120b-1:0", EVEN_QUESTION, "end_turn"),
        ("us.amazon.nova-lite-v1:0", QUESTION, "tool_use"),
        ("simulator", QUESTION, "tool_use"),
    ] {
        let response = respond(&simulator, model, prompt).await;
        assert_eq!(response.calls().len(), 1, "{model}");
        assert_eq!(
            response.stop_reason.as_deref(),
            Some(reason),
            "{model} {prompt}"
        );
    }
}

#[tokio::test]
async fn nova_writes_its_thinking_into_the_text_before_a_call() {
    let simulator = Simulator::start().await;
    let response = respond(&simulator, "us.amazon.nova-lite-v1:0", QUESTION).await;
    assert_eq!(
        response.text(),
        "<thinking> I need get_weather for this.</thinking>\n"
    );
    let response = respond(&simulator, "us.amazon.nova-lite-v1:0", "Hey!").await;
    assert_eq!(response.text(), "Hello! How can I help you today?");
}

#[tokio::test]
async fn reasoning_of_gpt_oss_is_unsigned_and_that_of_nova_2_redacted() {
    let simulator = Simulator::start().await;
    let mut body = offered(&json!([user(&json!([text(QUESTION)]))]));
    let plain = complete(&simulator, "openai.gpt-oss-120b-1:0", &body).await;
    assert_eq!(
        first_reasoning(&plain),
        json!({ "text": "I need get_weather for this." })
    );
    body["additionalModelRequestFields"] = json!({ "reasoningConfig": { "type": "enabled" } });
    let redacted = complete(&simulator, "us.amazon.nova-2-lite-v1:0", &body).await;
    assert_eq!(first_reasoning(&redacted), json!({ "text": "[REDACTED]" }));
}

#[tokio::test]
async fn tool_use_ids_have_the_format_of_the_family() {
    let simulator = Simulator::start().await;
    let prompt = "What is the weather in Berlin and in Tokyo?";
    let ids = async |model: &str| {
        let response = respond(&simulator, model, prompt).await;
        let tools = response
            .blocks
            .values()
            .filter_map(|block| block.tool.clone());
        tools.map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(
        ids("moonshot.kimi-k2-thinking").await,
        ["get_weather:0", "get_weather:1"]
    );
    assert!(
        ids("mistral.magistral-small-2509")
            .await
            .iter()
            .all(|id| id.len() == 9)
    );
    assert!(
        ids("qwen.qwen3-32b-v1:0")
            .await
            .iter()
            .all(|id| id.starts_with("tooluse_"))
    );
}

async fn respond(simulator: &Simulator, model: &str, prompt: &str) -> Response {
    let request = simulator
        .request_with(vec![user_message(prompt)])
        .model_id(model)
        .tool_config(tool_configuration());
    Response::receive(request).await
}

fn first_reasoning(output: &Value) -> Value {
    output["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"].clone()
}
