//! Rules for roles and for the pairing of tool calls and results.

use serde_json::json;

use crate::harness::{
    raw::{assert_rejected, assistant, call, conversation, outcome, result, text, tool_turn, user},
    simulator::{MODEL, Simulator},
};

#[tokio::test]
async fn valid_conversations_are_accepted() {
    let simulator = Simulator::start().await;
    let failed = json!({ "toolResult": { "toolUseId": "b", "status": "error", "content": [{ "json": { "no": 1 } }] } });
    for body in [
        conversation(&json!([user(&json!([text("Hello")]))])),
        tool_turn(
            &json!([text("so"), call("a"), call("b")]),
            &json!([failed, result("a"), text("and now?")]),
        ),
        tool_turn(
            &json!([call("a")]),
            &json!([result("a"), { "cachePoint": { "type": "default" } }]),
        ),
    ] {
        assert_eq!(outcome(&simulator, MODEL, &body).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn invalid_order_of_roles_is_rejected() {
    let (hello, hey) = (
        user(&json!([text("Hello")])),
        assistant(&json!([text("Hey")])),
    );
    assert_rejected(&[
        ("at least one message", conversation(&json!([]))),
        (
            "must start with a user message",
            conversation(&json!([hey])),
        ),
        ("must alternate", conversation(&json!([hello, hello]))),
        (
            "must alternate",
            conversation(&json!([hello, hey, hey, hello])),
        ),
        (
            "must end with a user message",
            conversation(&json!([hello, hey])),
        ),
    ])
    .await;
}

#[tokio::test]
async fn unpaired_tool_calls_and_results_are_rejected() {
    let pair = json!([call("a"), call("b")]);
    let late = json!([
        user(&json!([text("go")])),
        assistant(&json!([call("a")])),
        user(&json!([text("wait")])),
        assistant(&json!([text("ok")])),
        user(&json!([result("a")]))
    ]);
    assert_rejected(&[
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: a, b",
            tool_turn(&pair, &json!([text("hm")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: b",
            tool_turn(&pair, &json!([result("a")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content for the following Ids: b",
            tool_turn(&pair, &json!([result("a"), result("c")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            tool_turn(&json!([call("a")]), &json!([result("a"), result("a")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            tool_turn(&json!([text("hm")]), &json!([result("a")])),
        ),
        (
            "exceeds the number of toolUse blocks",
            conversation(&json!([user(&json!([result("a")]))])),
        ),
        (
            "Did not find 1 tool_result block(s) at the beginning",
            tool_turn(&json!([call("a")]), &json!([text("so"), result("a")])),
        ),
        (
            "Did not find 2 tool_result block(s) at the beginning",
            tool_turn(&pair, &json!([result("a"), text("so"), result("b")])),
        ),
        (
            "Expected toolResult blocks at messages.2.content",
            conversation(&late),
        ),
        (
            "ids must be unique",
            tool_turn(
                &json!([call("a"), call("a")]),
                &json!([result("a"), result("a")]),
            ),
        ),
        (
            "can only be in assistant messages",
            conversation(&json!([user(&json!([call("a")]))])),
        ),
    ])
    .await;
}
