//! Texts for unfinished runs.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use longwire_core::ids::{MessageId, RunId};
use longwire_store::threads::steer::prompt_run;
use serde_json::{Value, json};

use super::answer;
use super::mocks::{connected, found, item, meta, recorded, row, updated};

const STEER: &str =
    r#"{"action":"steer","id":"4","runId":"r1","messageId":"s1","text":"in Celsius, please"}"#;

/// Mocks the read of the thread, with `r1` at the head of its run queue, and of the row of `r1`, if there is one.
fn run(row: Option<Value>) -> Rule {
    let keyed = |mut found: Value, sort: &str| {
        found["item"] = json!(sort);
        item(&found)
    };
    let mut items = vec![keyed(meta(&["r1"]), "META")];
    items.extend(row.map(|row| keyed(row, "RUN#r1")));
    mock!(Table::batch_get_item)
        .match_requests(|read| {
            let tables = read.request_items().into_iter().flatten();
            tables.into_iter().all(|(table, _)| table == "threads")
        })
        .then_output(move || {
            BatchGetItemOutput::builder()
                .responses("threads", items.clone())
                .build()
        })
}

/// Mocks the transaction that accepts a text as the third one.
fn accepted() -> Rule {
    mock!(Table::transact_write_items)
        .match_requests(|transaction| {
            let items = transaction.transact_items();
            let puts = items.iter().filter_map(|item| item.put());
            let sorts = puts.filter_map(|put| put.item()["item"].as_s().ok());
            sorts.eq(["RUN#r1#STEER#00000003", "MID#1707503008#s1"])
        })
        .then_output(|| TransactWriteItemsOutput::builder().build())
}

fn running(more: &Value) -> Option<Value> {
    Some(row("running", more))
}

fn message_id(holder: Option<Value>) -> Rule {
    found("threads", "MID#1707503008#s1", holder)
}

#[tokio::test]
async fn a_text_for_an_unfinished_run_is_accepted() {
    let rules = (
        connected("agui"),
        run(running(&json!({ "steers": 2, "steered": 1 }))),
        message_id(None),
        accepted(),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    assert_snapshot!(answer(&all, STEER).await,
        @r#"{"type":"ack","id":"4","action":"steer","threadId":"t1","runId":"r1","messageId":"s1","status":"accepted"}"#);
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_repeated_text_is_a_duplicate() {
    let holder = json!({ "runId": "r1", "steer": true });
    for status in ["running", "finished"] {
        let full = row(status, &json!({ "steers": 5 }));
        let (connected, run) = (connected("agui"), run(Some(full)));
        let rules = [&connected, &run, &message_id(Some(holder.clone()))];
        assert_eq!(
            answer(&rules, STEER).await,
            r#"{"type":"ack","id":"4","action":"steer","threadId":"t1","runId":"r1","messageId":"s1","status":"accepted","duplicate":true}"#
        );
    }
}

#[tokio::test]
async fn a_sixth_text_is_refused() {
    let rules = (
        connected("agui"),
        run(running(&json!({ "steers": 6, "steered": 1 }))),
        message_id(None),
        super::mocks::counted("refused", 1),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2, &rules.3], STEER).await,
        @r#"{"type":"error","id":"4","code":"rate_limited","message":"5 texts wait for this run already.","retryable":true,"retryAfterMs":5000,"threadId":"t1","runId":"r1"}"#);
}

#[tokio::test]
async fn a_text_with_the_id_of_another_message_is_refused() {
    for holder in [
        json!({ "runId": "r0", "number": 1 }),
        json!({ "runId": "r1", "number": 1 }),
    ] {
        let (connected, run) = (connected("agui"), run(running(&json!({}))));
        let rules = [&connected, &run, &message_id(Some(holder))];
        assert_eq!(
            answer(&rules, STEER).await,
            r#"{"type":"error","id":"4","code":"invalid_message","message":"`messageId` names another message of this thread.","threadId":"t1","runId":"r1"}"#
        );
    }
}

#[tokio::test]
async fn a_text_for_an_unknown_run_is_refused() {
    let (connected, run) = (connected("agui"), run(None));
    assert_snapshot!(answer(&[&connected, &run], STEER).await,
        @r#"{"type":"error","id":"4","code":"run_not_found","message":"`runId` names no run of this thread.","threadId":"t1","runId":"r1"}"#);
}

#[tokio::test]
async fn a_text_for_an_ended_run_is_a_prompt() {
    let rules = (
        connected("agui"),
        run(Some(row("failed", &json!({})))),
        message_id(None),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r_x"]))),
        found("threads", "RUN#r0", running(&json!({}))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5];
    let started: Value = serde_json::from_str(&answer(&all, STEER).await).expect("JSON");
    let run = prompt_run(&RunId::trusted("r1"), &MessageId::trusted("s1"));
    let expected = json!({"type": "ack", "id": "4", "action": "steer", "threadId": "t1", "runId": run,
        "messageId": "s1", "status": "waiting", "position": 1});
    assert_eq!(started, expected);
    assert_eq!(rules.3.num_calls(), 2, "its row and its input");
}

#[tokio::test]
async fn a_request_without_its_fields_is_refused() {
    let refused = answer(&[&connected("agui")], r#"{"action":"steer","text":"x"}"#).await;
    assert_snapshot!(refused,
        @r#"{"type":"error","code":"invalid_message","message":"`runId` is missing."}"#);
    let large = json!({"action": "steer", "runId": "r1", "text": "x".repeat(8193)}).to_string();
    assert_snapshot!(answer(&[&connected("agui")], &large).await,
        @r#"{"type":"error","code":"payload_too_large","message":"The `text` must have at most 8192 bytes of UTF-8.","runId":"r1"}"#);
}
