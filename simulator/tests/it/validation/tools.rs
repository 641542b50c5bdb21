//! Rules for tools and for the model families that restrict them.

use serde_json::{Value, json};

use crate::harness::{
    raw::{assert_rejected, call, conversation, outcome, result, text, tool_turn, user},
    simulator::{MODEL, Simulator},
};

#[tokio::test]
async fn invalid_tools_and_ids_are_rejected() {
    let without =
        json!({ "messages": tool_turn(&json!([call("a")]), &json!([result("a")]))["messages"] });
    let offered = |tools: &Value| json!({ "messages": [user(&json!([text("Hello")]))], "toolConfig": { "tools": tools } });
    let tool = |name: &str| json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } });
    let listed = json!({ "toolUse": { "toolUseId": "a", "name": "t", "input": [1] } });
    assert_rejected(&[
        ("The toolConfig field must be defined", without),
        ("toolConfig.tools", offered(&json!([]))),
        ("must be unique", offered(&json!([tool("a"), tool("a")]))),
        ("toolSpec.name", offered(&json!([tool("no blanks")]))),
        (
            "inputSchema",
            offered(&json!([{ "toolSpec": { "name": "a" } }])),
        ),
        (
            "toolUse.input",
            tool_turn(&json!([listed]), &json!([result("a")])),
        ),
        (
            "toolUseId",
            tool_turn(&json!([call("")]), &json!([result("")])),
        ),
        (
            "toolUseId",
            tool_turn(&json!([call("a/b")]), &json!([result("a/b")])),
        ),
        (
            "toolUseId",
            tool_turn(
                &json!([call(&"a".repeat(65))]),
                &json!([result(&"a".repeat(65))]),
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn llama_and_nova_have_additional_rules() {
    let simulator = Simulator::start().await;
    let mixed = tool_turn(&json!([call("a")]), &json!([result("a"), text("and?")]));
    let (status, _, message) = outcome(
        &simulator,
        "us.meta.llama4-maverick-17b-instruct-v1:0",
        &mixed,
    )
    .await;
    assert_eq!(status, 400);
    assert!(
        message.contains("cannot be provided in the same turn"),
        "{message}"
    );

    let mut cached = conversation(&json!([user(&json!([text("Hello")]))]));
    cached["toolConfig"]["tools"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "cachePoint": { "type": "default" } }));
    assert_eq!(
        outcome(&simulator, "us.amazon.nova-2-lite-v1:0", &cached)
            .await
            .0,
        400
    );
    assert_eq!(outcome(&simulator, MODEL, &cached).await.0, 200);
}
