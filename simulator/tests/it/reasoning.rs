//! Reasoning: its stream, its signature, and the validation of returned blocks.

use aws_sdk_bedrockruntime::{
    error::ProvideErrorMetadata,
    types::{ContentBlock, Message},
};

use serde_json::{Value, json};

use crate::harness::{
    message::{document, reasoning, user_message},
    response::Response,
    simulator::{Simulator, service_error},
};

#[tokio::test]
async fn signed_reasoning_precedes_the_text() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:reasoning").await;
    let block = &response.blocks[&0];
    assert_eq!(
        block.reasoning,
        "The question is simple, so the answer is short."
    );
    assert!(
        block
            .signature
            .as_ref()
            .is_some_and(|signature| signature.len() > 40),
        "{block:?}"
    );
    assert_eq!(response.blocks[&1].text, "The answer is four.");
    assert!(
        !response
            .events
            .iter()
            .any(|event| event.starts_with("block")),
        "neither kind of block has a start"
    );
}

#[tokio::test]
async fn unchanged_reasoning_is_accepted() {
    let simulator = Simulator::start().await;
    for scenario in [
        "sim:reasoning-tool",
        "sim:reasoning-hidden",
        "sim:reasoning-redacted",
        "sim:reasoning-two-tools",
    ] {
        let (question, first) = (user_message(scenario), simulator.response(scenario).await);
        let messages = vec![question, first.message(), first.results("sunny")];
        let second = Response::receive(simulator.request_with(messages)).await;
        assert_eq!(
            second.stop_reason.as_deref(),
            Some("end_turn"),
            "{scenario}"
        );
    }
}

#[tokio::test]
async fn hidden_reasoning_has_a_signature_and_redacted_reasoning_has_data() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:reasoning-hidden").await;
    assert_eq!(
        (
            response.blocks[&0].reasoning.as_str(),
            response.blocks[&0].deltas
        ),
        ("", 1)
    );
    let response = simulator.response("sim:reasoning-redacted").await;
    assert_eq!(
        response.blocks[&0].redacted.as_deref(),
        Some(b"simulated-redacted-thought".as_slice())
    );
}

#[tokio::test]
async fn unsigned_reasoning_has_text_only() {
    let simulator = Simulator::start().await;
    let blocks = json!([{ "reasoning": "Let me see.", "unsigned": true }, { "text": "Four." }]);
    let scenario = json!({ "steps": [{ "ttft_ms": 0, "blocks": blocks }] });
    simulator.put_scenario("mine", &scenario).await;
    let response = simulator.response("sim:mine").await;
    let block = &response.blocks[&0];
    assert_eq!(
        (block.reasoning.as_str(), &block.signature),
        ("Let me see.", &None)
    );
    let shown = simulator.get("/_sim/scenarios/mine").await;
    assert_eq!(shown["steps"][0]["blocks"], blocks);
}

#[tokio::test]
async fn changed_reasoning_text_is_rejected() {
    let (simulator, first) = reasoning_response().await;
    let signature = first.blocks[&0].signature.clone().unwrap();
    let mut changed = first.message();
    changed.content[0] = reasoning("Something else.", &signature);
    let message = rejection(&simulator, &first, changed).await;
    assert!(
        message.contains("Invalid `signature` in `thinking` block"),
        "{message}"
    );
}

#[tokio::test]
async fn invalid_signature_is_rejected() {
    let (simulator, first) = reasoning_response().await;
    let mut changed = first.message();
    changed.content[0] = reasoning(&first.blocks[&0].reasoning, "made-up");
    let message = rejection(&simulator, &first, changed).await;
    assert!(
        message.contains("Invalid `signature` in `thinking` block"),
        "{message}"
    );
}

#[tokio::test]
async fn tool_result_without_the_preceding_reasoning_is_rejected_with_a_budget() {
    let simulator = Simulator::start().await;
    let step = |place: &str| {
        let call = json!({ "tool": "get_weather", "input": { "location": place } });
        json!({ "ttft_ms": 0, "blocks": [{ "reasoning": format!("I need {place}.") }, call] })
    };
    let answer = json!({ "ttft_ms": 0, "blocks": [{ "text": "Both are there." }] });
    let steps = json!({ "steps": [step("Berlin"), step("Tokyo"), answer] });
    simulator.put_scenario("mine", &steps).await;
    let request = |messages: &[Message], thinking: Value| {
        let fields = document(&json!({ "thinking": thinking }));
        let request = simulator.request_with(messages.to_vec());
        request.additional_model_request_fields(fields)
    };
    let budget = || json!({ "type": "enabled", "budget_tokens": 1_024 });
    let mut messages = vec![user_message("sim:mine")];
    for _ in 0..2 {
        let step = Response::receive(request(&messages, budget())).await;
        messages.extend([step.message(), step.results("sunny")]);
    }
    let complete = Response::receive(request(&messages, budget())).await;
    assert_eq!(complete.text(), "Both are there.");

    messages[3].content.remove(0);
    let error = service_error(request(&messages, budget())).await;
    let message = error.message().unwrap();
    assert!(
        message.contains("blocks in the latest assistant message cannot be modified"),
        "{message}"
    );
    let off = Response::receive(request(&messages, json!({ "type": "disabled" }))).await;
    assert_eq!(off.text(), "Both are there.");
}

#[tokio::test]
async fn renamed_tool_use_ids_are_accepted() {
    let (simulator, first) = reasoning_response().await;
    let renamed = |message: Message| {
        let rename = |mut block: ContentBlock| {
            match &mut block {
                ContentBlock::ToolUse(call) => call.tool_use_id = "mine".to_owned(),
                ContentBlock::ToolResult(result) => result.tool_use_id = "mine".to_owned(),
                _ => {}
            }
            block
        };
        let blocks = message.content.into_iter().map(rename).collect();
        Message::builder()
            .role(message.role)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    };
    let messages = vec![
        user_message("sim:reasoning-tool"),
        renamed(first.message()),
        renamed(first.results("sunny")),
    ];
    let second = Response::receive(simulator.request_with(messages)).await;
    assert_eq!(second.stop_reason.as_deref(), Some("end_turn"));
}

#[tokio::test]
async fn signature_of_another_model_is_accepted() {
    let (simulator, first) = reasoning_response().await;
    let messages = vec![
        user_message("sim:reasoning-tool"),
        first.message(),
        first.results("sunny"),
    ];
    let request = simulator
        .request_with(messages)
        .model_id("eu.anthropic.claude-sonnet-5");
    let second = Response::receive(request).await;
    assert_eq!(second.stop_reason.as_deref(), Some("end_turn"));
}

async fn reasoning_response() -> (Simulator, Response) {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:reasoning-tool").await;
    (simulator, response)
}

/// Sends a tool result with a changed assistant message and returns the error message.
async fn rejection(simulator: &Simulator, first: &Response, assistant: Message) -> String {
    let messages = vec![
        user_message("sim:reasoning-tool"),
        assistant,
        first.results("sunny"),
    ];
    let error = service_error(simulator.request_with(messages)).await;
    assert_eq!(error.code(), Some("ValidationException"));
    error.message().unwrap().to_owned()
}
