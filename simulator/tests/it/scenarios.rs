//! Scenarios: the shipped ones, added ones, their steps, what is refused.

use aws_sdk_bedrockruntime::{
    error::ProvideErrorMetadata,
    types::{ContentBlock, ConversationRole, Message},
};
use serde_json::{Value, json};

use crate::harness::{
    answer::Answer,
    message::user,
    simulator::{Simulator, refused},
};

#[tokio::test]
async fn two_tools_run_in_parallel_and_then_text_follows() {
    let simulator = Simulator::start().await;
    let (first, second) = two_steps(&simulator, "sim:two-tools please").await;
    assert_eq!(first.calls().len(), 2);
    assert_eq!(first.stop.as_deref(), Some("tool_use"));
    assert_ne!(
        first.blocks[&0].tool, first.blocks[&1].tool,
        "each call has its own id"
    );
    assert_eq!(
        (second.text().as_str(), second.stop.as_deref()),
        ("Both tools have answered.", Some("end_turn"))
    );
}

#[tokio::test]
async fn interleaved_tools_are_told_apart_by_their_index() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:interleaved-tools").await;
    let places: Vec<Value> = answer.calls().into_iter().map(|(_, input)| input).collect();
    assert_eq!(
        places,
        [
            json!({ "location": "Berlin" }),
            json!({ "location": "Tokyo" })
        ]
    );
    let start = answer
        .events
        .iter()
        .position(|event| event == "block 1")
        .unwrap();
    assert_eq!(
        answer.events[start..start + 5],
        ["block 1", "block 2", "delta 1", "delta 2", "delta 1"]
    );
}

#[tokio::test]
async fn empty_input_comes_as_one_empty_fragment_or_as_none() {
    let simulator = Simulator::start().await;
    for (scenario, deltas) in [("empty-input", 1), ("no-input", 0)] {
        let answer = simulator.answer(&format!("sim:{scenario}")).await;
        let block = &answer.blocks[&0];
        assert_eq!(
            (block.deltas, block.text.as_str(), block.stopped),
            (deltas, "", true),
            "{scenario}"
        );
        assert_eq!(answer.stop.as_deref(), Some("tool_use"), "{scenario}");
    }
}

#[tokio::test]
async fn every_stop_reason_is_played() {
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
        let answer = simulator.answer(&format!("sim:{scenario}")).await;
        assert_eq!(answer.stop.as_deref(), Some(reason), "{scenario}");
        assert_eq!(
            answer.events.last().map(String::as_str),
            Some("metadata"),
            "{scenario}"
        );
        assert_eq!(
            answer.blocks[&0].stopped,
            reason != "max_tokens",
            "{scenario}"
        );
    }
}

#[tokio::test]
async fn a_tool_cut_by_max_tokens_has_broken_input_and_no_stop() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:max-tokens-tool").await;
    let block = &answer.blocks[&1];
    assert_eq!(
        (block.text.as_str(), block.stopped),
        ("{\"location\": \"New Yo", false)
    );
    assert_eq!(answer.stop.as_deref(), Some("max_tokens"));
}

#[tokio::test]
async fn the_step_is_chosen_by_the_tool_results_since_the_prompt() {
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
        user("Hello"),
        simulator.answer("Hello").await.message(),
        user("sim:mine go"),
    ];
    let mut texts = Vec::new();
    for _ in 0..3 {
        let answer = step(&simulator, &messages).await;
        texts.push(answer.text());
        messages.extend([answer.message(), answer.results("done")]);
    }
    assert_eq!(texts, ["", "one", "three"]);
}

#[tokio::test]
async fn of_two_prompts_in_one_message_the_later_one_is_played() {
    let simulator = Simulator::start().await;
    let joined = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text("sim:fault-validation".to_owned()))
        .content(ContentBlock::Text("sim:text".to_owned()))
        .build()
        .unwrap();
    let answer = step(&simulator, &[joined]).await;
    assert_eq!(answer.text(), "This is a plain answer.");
}

#[tokio::test]
async fn after_the_last_step_comes_an_end_or_the_last_step_again() {
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
async fn what_makes_no_sense_is_refused_with_the_fields_name() {
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
    let error = refused(simulator.ask("sim:bad")).await;
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
async fn an_added_scenario_can_be_shown_and_taken_away() {
    let simulator = Simulator::start().await;
    simulator
        .put_scenario(
            "text",
            &json!({ "steps": [{ "blocks": [{ "text": "Mine." }] }] }),
        )
        .await;
    assert_eq!(simulator.answer("sim:text").await.text(), "Mine.");
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
        simulator.answer("sim:text").await.text(),
        "This is a plain answer."
    );
    assert!(simulator.get("/_sim/scenarios").await["two-tools"].is_string());
}

async fn two_steps(simulator: &Simulator, prompt: &str) -> (Answer, Answer) {
    let first = simulator.answer(prompt).await;
    let messages = [user(prompt), first.message(), first.results("Clear sky")];
    let second = step(simulator, &messages).await;
    (first, second)
}

async fn step(simulator: &Simulator, messages: &[Message]) -> Answer {
    Answer::read(simulator.converse(messages.to_vec()).send().await.unwrap()).await
}
