//! Rules for content blocks and for the body.

use serde_json::{Value, json};

use crate::harness::{
    raw::{assert_rejected, call, conversation, text, tool_turn, user},
    simulator::{MODEL, Simulator},
};

#[tokio::test]
async fn invalid_content_is_rejected() {
    let failed = json!({ "toolResult": { "toolUseId": "a", "status": "error", "content": [] } });
    let blank = json!({ "toolResult": { "toolUseId": "a", "content": [{ "text": " " }] } });
    let list = json!({ "toolResult": { "toolUseId": "a", "content": [{ "json": [1] }] } });
    let document =
        json!({ "document": { "name": "d", "format": "txt", "source": { "text": "x" } } });
    let documents = json!([
        text("see"),
        document,
        document,
        document,
        document,
        document,
        document
    ]);
    let one = |content: &Value| conversation(&json!([user(content)]));
    assert_rejected(&[
        ("is empty", one(&json!([]))),
        ("must contain non-whitespace text", one(&json!([text("")]))),
        (
            "must contain non-whitespace text",
            one(&json!([text(" \n")])),
        ),
        (
            "messages.2.content.0.toolResult.content.0: text content blocks",
            tool_turn(&json!([call("a")]), &json!([blank])),
        ),
        (
            "cannot be empty when status value is error",
            tool_turn(&json!([call("a")]), &json!([failed])),
        ),
        (
            "Provide a json object",
            tool_turn(&json!([call("a")]), &json!([list])),
        ),
        ("A text block must be included", one(&json!([document]))),
        ("at most 5 documents", one(&documents)),
        ("unknown variant `txt`", one(&json!([{ "txt": "a" }]))),
        (
            "unknown variant `robot`",
            conversation(&json!([{ "role": "robot", "content": [text("a")] }])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn body_that_is_not_json_is_rejected_and_recorded_as_text() {
    let simulator = Simulator::start().await;
    let url = format!("{}/model/{MODEL}/converse", simulator.url);
    let response = simulator
        .http
        .post(url)
        .body("{\"messages\": [")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["x-amzn-errortype"]
        ),
        (400, &"ValidationException".parse().unwrap())
    );
    assert_eq!(
        simulator.get("/_sim/requests").await[0]["body"],
        "{\"messages\": ["
    );
}
