//! Reasoning that is bound to what stood before it.

use serde_json::{Value, json};

use crate::harness::{
    message::user_message,
    raw::{complete, offered, outcome, text, user},
    response::Response,
    simulator::Simulator,
};

const MODEL: &str = "us.anthropic.claude-sonnet-5-5";
const MISMATCH: &str =
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation";

#[tokio::test]
async fn unchanged_conversation_is_accepted() {
    let (simulator, body) = conversation().await;
    assert_accepted(&simulator, &body).await;
}

#[tokio::test]
async fn reasoning_of_a_scenario_is_accepted_when_it_is_returned_by_the_sdk() {
    let simulator = Simulator::start().await;
    for scenario in [
        "sim:reasoning-tool",
        "sim:reasoning-two-tools",
        "sim:reasoning-hidden",
        "sim:reasoning-redacted",
    ] {
        let mut messages = vec![user_message(scenario)];
        let request = |messages: &[_]| simulator.request_with(messages.to_vec()).model_id(MODEL);
        let first = Response::receive(request(&messages)).await;
        messages.extend([first.message(), first.results("sunny")]);
        let second = Response::receive(request(&messages)).await;
        messages.extend([second.message(), user_message("Thanks!")]);
        let third = Response::receive(request(&messages)).await;
        assert_eq!(third.text(), "You are welcome!", "{scenario}");
    }
}

#[tokio::test]
async fn settings_and_cache_points_may_change() {
    let (simulator, body) = conversation().await;
    let point = json!({ "cachePoint": { "type": "default" } });
    let changes: [fn(&mut Value, &Value); 7] = [
        |body, _| body["inferenceConfig"] = json!({ "maxTokens": 500 }),
        |body, _| body["requestMetadata"] = json!({ "run": "r1" }),
        |body, _| body["toolConfig"]["toolChoice"] = json!({ "auto": {} }),
        |body, _| {
            body["additionalModelRequestFields"] = json!({ "thinking": { "type": "adaptive", "display": "summarized" }, "output_config": { "effort": "low" } });
        },
        |body, point| insert(&mut body["system"], 1, point),
        |body, point| insert(&mut body["toolConfig"]["tools"], 1, point),
        |body, point| insert(&mut body["messages"][0]["content"], 1, point),
    ];
    for change in changes {
        let mut changed = body.clone();
        change(&mut changed, &point);
        assert_accepted(&simulator, &changed).await;
    }
}

#[tokio::test]
async fn changed_prefix_is_rejected() {
    let (simulator, body) = conversation().await;
    let changes: [fn(&mut Value); 8] = [
        |body| body["system"][0] = text("Be brief, please."),
        |body| body["system"] = json!([]),
        |body| body["toolConfig"]["tools"][0]["toolSpec"]["description"] = json!("Changed."),
        |body| {
            insert(
                &mut body["toolConfig"]["tools"],
                0,
                &json!({ "toolSpec": { "name": "u", "inputSchema": { "json": {} } } }),
            )
        },
        |body| body["messages"][0]["content"][0] = text("How is the weather in Old York?"),
        |body| insert(&mut body["messages"][0]["content"], 0, &text("A reminder.")),
        |body| body["messages"][2]["content"][0]["toolResult"]["content"][0] = text("Cloudy"),
        |body| {
            body["messages"][1]["content"][1]["toolUse"]["input"] = json!({ "location": "Rome" })
        },
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut changed = body.clone();
        change(&mut changed);
        assert_rejected(&simulator, &changed, index).await;
    }
    let mut cut = body.clone();
    cut["messages"].as_array_mut().unwrap().drain(..4);
    assert_rejected(&simulator, &cut, 100).await;
}

#[tokio::test]
async fn reasoning_may_be_left_out_at_both_ends_but_not_in_the_middle() {
    let (simulator, body) = conversation().await;
    let thoughts = positions(&body);
    assert_eq!(thoughts.len(), 3, "{body}");
    for (removed, accepted) in [
        (&[0_usize][..], true),
        (&[0, 1], true),
        (&[2], true),
        (&[1, 2], true),
        (&[0, 1, 2], true),
        (&[0, 2], true),
        (&[1], false),
    ] {
        let mut changed = body.clone();
        for index in removed.iter().rev() {
            remove(&mut changed, thoughts[*index]);
        }
        if accepted {
            assert_accepted(&simulator, &changed).await;
        } else {
            assert_rejected(&simulator, &changed, removed.len()).await;
        }
    }
}

#[tokio::test]
async fn reasoning_that_is_restored_after_its_removal_is_rejected() {
    let (simulator, mut body) = conversation().await;
    let first = positions(&body)[0];
    let thought = body["messages"][first]["content"][0].clone();
    remove(&mut body, first);
    body = ask(&simulator, body, "And once more?").await;
    assert_accepted(&simulator, &body).await;
    insert(&mut body["messages"][first]["content"], 0, &thought);
    assert_rejected(&simulator, &body, 0).await;
}

#[tokio::test]
async fn reasoning_of_another_model_is_ignored() {
    let (simulator, mut body) = conversation().await;
    body["system"][0] = text("Changed.");
    for model in [
        "us.anthropic.claude-haiku-5-5",
        "us.anthropic.claude-sonnet-4-6",
    ] {
        let (status, _, message) = outcome(&simulator, model, &body).await;
        assert_eq!(status, 200, "{model}: {message}");
    }
    let (status, _, message) = outcome(&simulator, "eu.anthropic.claude-sonnet-5-5", &body).await;
    assert_eq!(status, 400, "another profile is the same model");
    assert!(message.contains(MISMATCH), "{message}");
}

#[tokio::test]
async fn drop_block_accepts_a_changed_prefix() {
    let (simulator, mut body) = conversation().await;
    body["system"][0] = text("Changed.");
    body["additionalModelRequestFields"] = json!({
        "thinking": { "type": "adaptive", "block_binding": { "prefix_mismatch_behavior": "drop_block" } },
        "anthropic_beta": ["thinking-binding-controls-2026-08-01"],
    });
    assert_accepted(&simulator, &body).await;
}

#[tokio::test]
async fn families_without_the_check_accept_a_changed_prefix() {
    let simulator = Simulator::start().await;
    let model = "us.anthropic.claude-sonnet-5";
    let prompt = user(&json!([text("Hello")]));
    let output = complete(&simulator, model, &offered(&json!([prompt]))).await;
    let message = &output["output"]["message"];
    let changed = json!([
        user(&json!([text("Hi")])),
        message,
        user(&json!([text("And?")]))
    ]);
    let (status, _, message) = outcome(&simulator, model, &offered(&changed)).await;
    assert_eq!(status, 200, "{message}");
}

/// Returns a body that ends with a prompt and has three reasoning blocks in its history.
async fn conversation() -> (Simulator, Value) {
    let simulator = Simulator::start().await;
    let prompt = user(&json!([text("How is the weather in New York?")]));
    let mut body = offered(&json!([prompt]));
    body["system"] = json!([text("Be brief.")]);
    let first = complete(&simulator, MODEL, &body).await["output"]["message"].clone();
    let id = first["content"][1]["toolUse"]["toolUseId"].clone();
    let result = json!({ "toolResult": { "toolUseId": id, "content": [text("Clear sky")] } });
    push(&mut body, &first);
    push(&mut body, &user(&json!([result])));
    let body = ask(&simulator, body, "Thanks!").await;
    let body = ask(&simulator, body, "Bye!").await;
    (simulator, body)
}

/// Appends the response and the next prompt.
async fn ask(simulator: &Simulator, mut body: Value, prompt: &str) -> Value {
    let output = complete(simulator, MODEL, &body).await;
    push(&mut body, &output["output"]["message"]);
    push(&mut body, &user(&json!([text(prompt)])));
    body
}

fn push(body: &mut Value, message: &Value) {
    body["messages"]
        .as_array_mut()
        .unwrap()
        .push(message.clone());
}

fn insert(list: &mut Value, index: usize, entry: &Value) {
    list.as_array_mut().unwrap().insert(index, entry.clone());
}

/// Returns the indexes of the messages that begin with reasoning.
fn positions(body: &Value) -> Vec<usize> {
    let messages = body["messages"].as_array().unwrap();
    let is_reasoning = |message: &Value| message["content"][0].get("reasoningContent").is_some();
    (0..messages.len())
        .filter(|index| is_reasoning(&messages[*index]))
        .collect()
}

fn remove(body: &mut Value, message: usize) {
    body["messages"][message]["content"]
        .as_array_mut()
        .unwrap()
        .remove(0);
}

async fn assert_accepted(simulator: &Simulator, body: &Value) {
    let (status, _, message) = outcome(simulator, MODEL, body).await;
    assert_eq!(status, 200, "{message}: {body}");
}

async fn assert_rejected(simulator: &Simulator, body: &Value, case: usize) {
    let (status, name, message) = outcome(simulator, MODEL, body).await;
    assert_eq!(
        (status, name.as_str()),
        (400, "ValidationException"),
        "{case}: {body}"
    );
    assert!(message.contains(MISMATCH), "{case}: {message}");
}
