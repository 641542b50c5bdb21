//! `history`: visible messages, pages and parts.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::tool::{ToolOutcome, ToolResult};
use serde_json::{Value, json};

use super::answer;
use super::mocks::{NOW, connected, found, item, meta, row, sent};

/// Mocks the query for these stored messages with their numbers, which returns the newest first.
fn stored(messages: Vec<(u64, Message)>) -> Rule {
    let items: Vec<_> = messages
        .into_iter()
        .rev()
        .map(|(number, message)| {
            let body = serde_json::to_string(&message).expect("a message is JSON");
            let key = format!("MSG#{NOW}#{number:08}");
            item(&json!({"thread": "anonymous/t1", "item": key, "body": body, "ttl": NOW + 9}))
        })
        .collect();
    mock!(Client::query)
        .match_requests(|query| {
            query.scan_index_forward() == Some(false) && query.consistent_read() == Some(true)
        })
        .then_output(move || {
            QueryOutput::builder()
                .set_items(Some(items.clone()))
                .build()
        })
}

/// Mocks the query for the messages of a thread without any.
pub(super) fn no_messages() -> Rule {
    stored(Vec::new())
}

fn user(id: &str, run: &str, text: &str) -> Message {
    Message::user(MessageId::trusted(id), RunId::trusted(run), text)
}

fn assistant(id: &str, run: &str, text: &str) -> Message {
    let block = Block::Text {
        id: MessageId::trusted(id),
        text: text.to_owned(),
    };
    Message::new(Role::Assistant, RunId::trusted(run), vec![block])
}

fn conversation() -> Vec<(u64, Message)> {
    vec![
        (1, user("u1", "r1", "Hey!")),
        (2, assistant("m_1", "r1", "Hello.")),
        (3, user("u2", "r2", "And?")),
        (4, assistant("m_2", "r2", "Let me see.")),
    ]
}

#[tokio::test]
async fn only_the_thread_of_the_connection_may_be_missing() {
    let rules = (connected("agui"), found("threads", "anonymous/t1", None));
    assert_snapshot!(answer(&[&rules.0, &rules.1], r#"{"action":"history","id":"5"}"#).await,
        @r#"{"type":"history","id":"5","threadId":"t1","messages":[],"pending":{"toolCallIds":[],"interrupts":[]}}"#);
    let rules = (connected("agui"), found("threads", "anonymous/t9", None));
    assert_snapshot!(answer(&[&rules.0, &rules.1], r#"{"action":"history","id":"5","threadId":"t9"}"#).await,
        @r#"{"type":"error","id":"5","code":"thread_not_found","message":"`threadId` names no thread of yours.","threadId":"t9"}"#);
}

#[tokio::test]
async fn an_expired_thread_has_no_messages() {
    let mut expired = meta(&[]);
    expired["ttl"] = json!(NOW);
    let rules = (connected("agui"), found("threads", "META", Some(expired)));
    let page = answer(&[&rules.0, &rules.1], r#"{"action":"history"}"#).await;
    assert!(page.contains(r#""messages":[]"#), "{page}");
}

#[tokio::test]
async fn only_the_user_message_of_a_running_run_is_visible() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(meta(&["r2", "r3"]))),
        found(
            "threads",
            "RUN#r2",
            Some(row("running", &json!({"lastSeq": 7}))),
        ),
        stored(conversation()),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    assert_snapshot!(answer(&all, r#"{"action":"history"}"#).await,
        @r#"{"type":"history","threadId":"t1","messages":[{"id":"u1","role":"user","content":"Hey!"},{"id":"m_1","role":"assistant","content":"Hello."},{"id":"u2","role":"user","content":"And?"}],"run":{"runId":"r2","status":"running","last":7},"pending":{"toolCallIds":[],"interrupts":[]}}"#);
}

#[tokio::test]
async fn the_results_and_the_prompt_with_which_a_running_run_begins_are_visible() {
    let mut first = user("u2", "r2", "Never mind.");
    let result = |id: &str| {
        Block::ToolResult(ToolResult {
            message_id: MessageId::trusted(id),
            call_id: CallId::trusted("tc_1"),
            outcome: ToolOutcome::Error,
            content: "no".to_owned(),
            decision: None,
        })
    };
    first.blocks.insert(0, result("m_2"));
    let step = Message::new(Role::User, RunId::trusted("r2"), vec![result("m_3")]);
    let running = row("running", &json!({ "messageId": "u2" }));
    let rules = (
        connected("agui"),
        found("threads", "META", Some(meta(&["r2"]))),
        found("threads", "RUN#r2", Some(running)),
        stored(vec![
            (1, first),
            (2, assistant("m_4", "r2", "Hm.")),
            (3, step),
        ]),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    let page = answer(&all, r#"{"action":"history"}"#).await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let expected = json!([
        {"id": "m_2", "role": "tool", "toolCallId": "tc_1", "content": "no"},
        {"id": "u2", "role": "user", "content": "Never mind."}
    ]);
    assert_eq!(page["messages"], expected);
}

#[tokio::test]
async fn an_ended_run_at_the_head_is_visible_and_woken() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(meta(&["r2"]))),
        found("threads", "RUN#r2", Some(row("finished", &json!({})))),
        stored(conversation()),
        sent("r2", Err(())),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let page: Value =
        serde_json::from_str(&answer(&all, r#"{"action":"history"}"#).await).expect("JSON");
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(4));
    assert_eq!(page.get("run"), None);
    assert_eq!(
        rules.4.num_calls(),
        1,
        "the failure of the queue does not fail the request"
    );
}

#[tokio::test]
async fn a_page_has_the_cursor_of_the_page_before_it() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(meta(&[]))),
        stored(conversation()),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    let page: Value =
        serde_json::from_str(&answer(&all, r#"{"action":"history","limit":3}"#).await)
            .expect("JSON");
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(3));
    assert_eq!(page["next"], "c_2.0");
}

#[tokio::test]
async fn a_long_message_is_truncated_and_readable_in_parts() {
    let long = "ä".repeat(20_000);
    let rules = (
        connected("agui"),
        found("threads", "META", Some(meta(&[]))),
        stored(vec![(1, user("u1", "r1", &long))]),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    let read = async |message: &str| {
        let page: Value = serde_json::from_str(&answer(&all, message).await).expect("JSON");
        page["messages"][0].clone()
    };
    let first = read(r#"{"action":"history"}"#).await;
    assert_eq!(
        (&first["truncated"], &first["bytes"]),
        (&json!(true), &json!(40_000))
    );
    let mut whole = first["content"].as_str().expect("text").to_owned();
    assert_eq!(whole.len(), 16_384);
    while whole.len() < 40_000 {
        let ask = json!({"action": "history", "messageId": "u1", "offset": whole.len()});
        whole.push_str(
            read(&ask.to_string()).await["content"]
                .as_str()
                .expect("text"),
        );
    }
    assert_eq!(whole, long);
    for (bad, field) in [
        (
            r#"{"action":"history","messageId":"u1","offset":1}"#,
            "`offset`",
        ),
        (
            r#"{"action":"history","messageId":"u1","offset":40001}"#,
            "`offset`",
        ),
        (
            r#"{"action":"history","messageId":"nobody"}"#,
            "`messageId`",
        ),
    ] {
        let error = answer(&all, bad).await;
        assert!(
            error.contains("invalid_message") && error.contains(field),
            "{error}"
        );
    }
}
