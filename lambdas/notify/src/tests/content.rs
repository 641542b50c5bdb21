//! Events with the text of the answer.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::stage::{NOW, Stage, record, record_of};

/// Adds the thread of alice in this generation.
async fn add_thread(stage: &Stage, generation: u64) {
    let number = |number: u64| AttributeValue::N(number.to_string());
    let meta = [("born", number(generation)), ("updatedAt", number(NOW))];
    stage.put("META", &meta).await;
}

/// Adds message `number` of a run to the first generation of the thread.
async fn add_message(stage: &Stage, number: u64, run: &str, role: &str, blocks: Value) {
    let body = json!({ "id": format!("m_{number}"), "role": role, "runId": run, "blocks": blocks });
    let item = [("body", AttributeValue::S(body.to_string()))];
    let sort = format!("MSG#1763681477#{number:08}");
    stage.put(&sort, &item).await;
}

/// Thread with the prompt and the answer of the run `r_1`.
async fn answered(text: &str) -> Stage {
    let stage = Stage::new();
    add_thread(&stage, 1_763_681_477).await;
    let block = |text: &str| json!([{ "type": "text", "id": "m", "text": text }]);
    add_message(&stage, 1, "r_1", "user", block("a secret prompt")).await;
    add_message(&stage, 2, "r_1", "assistant", block(text)).await;
    stage
}

fn with_content() -> Value {
    record(&json!({ "notify": { "S": "content" } }))
}

/// Data of the only event.
async fn data(stage: &Stage, record: Value) -> Value {
    assert_eq!(stage.handle(&[record]).await, [""; 0]);
    stage.events().remove(0)["data"].take()
}

#[tokio::test]
async fn the_answer_is_in_the_event_when_the_client_asked_for_it() {
    let stage = answered("It is sunny. ☀").await;
    let data = data(&stage, with_content()).await;
    assert_eq!(data["content"], "It is sunny. ☀");
    assert_eq!(data.get("contentTruncated"), None);
}

#[tokio::test]
async fn nothing_of_the_conversation_is_in_the_event_otherwise() {
    let stage = answered("It is sunny.").await;
    let data = data(&stage, record(&json!({}))).await;
    assert_eq!(data.get("content"), None);
    let entries = json!(stage.requests()).to_string();
    assert!(!entries.contains("sunny") && !entries.contains("secret"));
}

#[tokio::test]
async fn a_prompt_is_never_in_the_event() {
    let stage = answered("It is sunny.").await;
    assert_eq!(stage.handle(&[with_content()]).await, [""; 0]);
    assert!(!json!(stage.requests()).to_string().contains("secret"));
}

#[tokio::test]
async fn a_long_answer_is_cut_and_ten_of_them_fit_into_a_request() {
    let stage = answered(&"\u{1}\"ä".repeat(20_000)).await;
    let mut records: Vec<_> = (0..10).map(|n| record_of("r_1", n)).collect();
    for record in &mut records {
        record["dynamodb"]["NewImage"]["notify"] = json!({ "S": "content" });
    }
    assert_eq!(stage.handle(&records).await, [""; 0]);
    let events = stage.events();
    assert_eq!(events.len(), 10);
    let data = &events[0]["data"];
    assert_eq!(data["contentTruncated"], true);
    let content = data["content"].as_str().expect("text");
    assert!(content.len() < 65_536 && content.starts_with("\u{1}\"ä\u{1}"));
    let details = stage.requests().concat();
    let sizes = details
        .iter()
        .map(|entry| entry["Detail"].as_str().expect("text").len());
    assert!(sizes.clone().all(|size| size < 67_000));
    assert!(sizes.sum::<usize>() < 1_000_000);
}

#[tokio::test]
async fn a_deleted_thread_has_an_event_without_content() {
    let stage = answered("It is sunny.").await;
    add_thread(&stage, 1_763_681_478).await;
    let data = data(&stage, with_content()).await;
    assert_eq!(
        (data.get("content"), &data["status"]),
        (None, &json!("finished"))
    );
}

#[tokio::test]
async fn a_thread_that_is_erased_has_an_event_without_content() {
    let stage = Stage::new();
    let data = data(&stage, with_content()).await;
    assert_eq!(data.get("content"), None);
}

#[tokio::test]
async fn a_run_that_stored_nothing_has_an_event_without_content() {
    let stage = answered("It is sunny.").await;
    let cancelled = json!({
        "notify": { "S": "content" }, "status": { "S": "cancelled" }, "generation": null, "tip": null
    });
    let data = data(&stage, record(&cancelled)).await;
    assert_eq!(
        (data.get("content"), &data["status"]),
        (None, &json!("cancelled"))
    );
}

#[tokio::test]
async fn an_unreadable_message_costs_the_content_and_not_the_event() {
    let stage = Stage::new();
    add_thread(&stage, 1_763_681_477).await;
    let item = [("body", AttributeValue::S("{}".to_owned()))];
    stage.put("MSG#1763681477#00000002", &item).await;
    let data = data(&stage, with_content()).await;
    assert_eq!(data.get("content"), None);
}
