//! Rules for tools.

use serde_json::{Value, json};

use crate::harness::raw::{assert_rejected, call, result, text, tool_turn, user};

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
