//! Scenarios: built-in and added ones, selection of the step, validation.

use aws_sdk_bedrockruntime::{
    error::ProvideErrorMetadata,
    types::{ContentBlock, ConversationRole, Message},
};
use serde_json::{Value, json};

use crate::harness::{
    message::user_message,
    response::Response,
    simulator::{Simulator, service_error},
};

#[tokio::test]
async fn two_parallel_tool_calls_are_followed_by_text() {
    let simulator = Simulator::start().await;
    let (first, second) = two_steps(&simulator, "sim:two-tools please").await;
    assert_eq!(first.calls().len(), 2);
    assert_eq!(first.stop_reason.as_deref(), Some("tool_use"));
    assert_ne!(
        first.blocks[&0].tool, first.blocks[&1].tool,
        "each call has its own id"
    );
    assert_eq!(
        (second.text().as_str(), second.stop_reason.as_deref()),
        ("Both tools have answered.", Some("end_turn"))
    );
}

#[tokio::test]
async fn interleaved_tool_calls_are_distinguished_by_block_index() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:interleaved-tools").await;
    let places: Vec<Value> = response
        .calls()
        .into_iter()
        .map(|(_, input)| input)
        .collect();
    assert_eq!(
        places,
        [
            json!({ "location": "Berlin" }),
            json!({ "location": "Tokyo" })
        ]
    );
    let start = response
        .events
        .iter()
        .position(|event| event == "block 1")
        .unwrap();
    assert_eq!(
        response.events[start..start + 5],
        ["block 1", "block 2", "delta 1", "delta 2", "delta 1"]
    );
}

#[tokio::test]
async fn empty_input_is_one_empty_delta_or_none() {
    let simulator = Simulator::start().await;
    for (scenario, deltas) in [("empty-input", 1), ("no-input", 0)] {
        let response = simulator.response(&format!("sim:{scenario}")).await;
        let block = &response.blocks[&0];
        assert_eq!(
            (block.deltas, block.text.as_str(), block.stopped),
            (deltas, "", true),
            "{scenario}"
        );
        assert_eq!(
            response.stop_reason.as_deref(),
            Some("tool_use"),
            "{scenario}"
        );
    }
}

#[tokio::test]
async fn every_stop_reason_is_sent() {
    let simulator = Simulator::start().await;
    for (scenario, reason) in [
        ("stop-end-turn", "end_turn"),
        ("stop-tool-use", "tool_use"),
        ("stop-max-tokens", "max_tokens"),
        ("stop-sequence", "stop_sequence"),
        ("stop-guardrail", "guardrail_intervened"),
        ("stop-filtered", "content_filtered"),
        ("stop-malformed-output", "malformed_model_output"),
        ("stop-malformed-tool-use", "malformed_tool_use"),
        ("stop-context-window", "model_context_window_exceeded"),
        ("stop-unknown", "sim_brand_new_reason"),
    ] {
        let response = simulator.response(&format!("sim:{scenario}")).await;
        assert_eq!(response.stop_reason.as_deref(), Some(reason), "{scenario}");
        assert_eq!(
            response.events.last().map(String::as_str),
            Some("metadata"),
            "{scenario}"
        );
        assert_eq!(
            response.blocks[&0].stopped,
            reason != "max_tokens",
            "{scenario}"
        );
    }
}

#[tokio::test]
async fn tool_call_truncated_by_max_tokens_has_invalid_json_and_no_block_stop() {
    let simulator = Simulator::start().await;
    let response = simulator.response("sim:max-tokens-tool").await;
    let block = &response.blocks[&1];
    assert_eq!(
        (block.text.as_str(), block.stopped),
        ("{\"location\": \"New Yo", false)
    );
    assert_eq!(response.stop_reason.as_deref(), Some("max_tokens"));
}

#[tokio::test]
async fn step_is_selected_by_the_tool_results_since_the_prompt() {
    let simulator = Simulator::start().await;
    simulator
        .put_scenario(
            "mine",
            &json!({ "steps": [
                { "ttft_ms": 0, "blocks": [{ "tool": "get_weather", "input": { "location": "Rome" } }] },
                { "ttft_ms": 0, "blocks": [{ "text": "one" }, { "tool": "get_weather", "input": { "location": "Oslo" } }] },
                { "ttft_ms": 0, "deltas_per_s": 0, "chars_per_delta": 2, "blocks": [{ "text": "three" }] },
            ] }),
        )
        .await;
    let mut messages = vec![
        user_message("Hello"),
        simulator.response("Hello").await.message(),
        user_message("sim:mine go"),
    ];
    let mut texts = Vec::new();
    for _ in 0..3 {
        let response = step(&simulator, &messages).await;
        texts.push(response.text());
        messages.extend([response.message(), response.results("done")]);
    }
    assert_eq!(texts, ["", "one", "three"]);
}

#[tokio::test]
async fn later_of_two_prompts_in_one_message_is_played() {
    let simulator = Simulator::start().await;
    let joined = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text("sim:fault-validation".to_owned()))
        .content(ContentBlock::Text("sim:text".to_owned()))
        .build()
        .unwrap();
    let response = step(&simulator, &[joined]).await;
    assert_eq!(response.text(), "This is a plain answer.");
}

#[tokio::test]
async fn last_step_is_followed_by_an_ending_or_repeated() {
    let simulator = Simulator::start().await;
    let call = json!({ "ttft_ms": 0, "blocks": [{ "tool": "get_weather", "input": { "location": "Rome" } }] });
    simulator
        .put_scenario("once", &json!({ "steps": [call] }))
        .await;
    let (_, second) = two_steps(&simulator, "sim:once").await;
    assert_eq!(second.text(), "The scenario once has come to its end.");
    let (_, second) = two_steps(&simulator, "sim:endless-tools").await;
    assert_eq!(second.calls().len(), 1);
}

#[tokio::test]
async fn invalid_scenario_is_rejected_with_the_name_of_the_field() {
    let simulator = Simulator::start().await;
    for (scenario, field) in [
        (json!({ "steps": [{ "blocks": [{ "txt": "a" }] }] }), "txt"),
        (json!({ "steps": [{ "tttf_ms": 1 }] }), "tttf_ms"),
        (
            json!({ "steps": [{ "fault": { "kind": "explosion" } }] }),
            "explosion",
        ),
        (
            json!({ "steps": [{ "fault": { "kind": "stall", "after": 1 } }] }),
            "after",
        ),
        (json!({ "step": [] }), "step"),
        (json!({ "steps": [] }), "steps"),
        (
            json!({ "steps": [{ "blocks": [{ "text": "a", "tool": "b" }] }] }),
            "exactly one",
        ),
        (
            json!({ "steps": [{ "blocks": [{ "text": "a", "input": {} }] }] }),
            "input",
        ),
        (
            json!({ "steps": [{ "blocks": [{ "text": "a", "unsigned": true }] }] }),
            "unsigned",
        ),
        (json!({ "steps": [{ "deltas_per_s": -1 }] }), "deltas_per_s"),
        (
            json!({ "steps": [{ "chars_per_delta": 0 }] }),
            "chars_per_delta",
        ),
        (
            json!({ "steps": [{ "trace": [{ "at_ms": 2, "text": "a" }, { "at_ms": 1, "text": "b" }] }] }),
            "trace",
        ),
    ] {
        let url = format!("{}/_sim/scenarios/bad", simulator.url);
        let response = simulator
            .http
            .put(url)
            .json(&scenario)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{scenario}");
        let body: Value = response.json().await.unwrap();
        assert!(
            body["message"].as_str().unwrap().contains(field),
            "{scenario}: {body}"
        );
    }
    let error = service_error(simulator.request("sim:bad")).await;
    assert_eq!(error.code(), Some("ValidationException"));
    assert!(
        error
            .message()
            .unwrap()
            .contains("There is no scenario `bad`"),
        "{error:?}"
    );
}

#[tokio::test]
async fn added_scenario_can_be_read_and_removed() {
    let simulator = Simulator::start().await;
    simulator
        .put_scenario(
            "text",
            &json!({ "steps": [{ "blocks": [{ "text": "Mine." }] }] }),
        )
        .await;
    assert_eq!(simulator.response("sim:text").await.text(), "Mine.");
    assert_eq!(
        simulator.get("/_sim/scenarios/text").await["steps"][0]["blocks"],
        json!([{ "text": "Mine." }])
    );
    let url = format!("{}/_sim/scenarios/text", simulator.url);
    assert_eq!(
        simulator.http.delete(url).send().await.unwrap().status(),
        204
    );
    assert_eq!(
        simulator.response("sim:text").await.text(),
        "This is a plain answer."
    );
    assert!(simulator.get("/_sim/scenarios").await["two-tools"].is_string());
}

async fn two_steps(simulator: &Simulator, prompt: &str) -> (Response, Response) {
    let first = simulator.response(prompt).await;
    let messages = [
        user_message(prompt),
        first.message(),
        first.results("Clear sky"),
    ];
    let second = step(simulator, &messages).await;
    (first, second)
}

async fn step(simulator: &Simulator, messages: &[Message]) -> Response {
    Response::receive(simulator.request_with(messages.to_vec())).await
}
