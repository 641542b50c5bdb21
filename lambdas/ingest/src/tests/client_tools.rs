//! Threads that wait for results of their client's tools.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answer;
use super::mocks::{NOW, connected, found, meta, recorded, row, taken_back, updated};

const RESULT: &str =
    r#"{"action":"tool_result","id":"3","threadId":"t1","toolCallId":"tc_1","content":"done"}"#;

fn pending(calls: &Value) -> Value {
    json!({ "run": "r0", "next": "r_next", "calls": calls, "until": NOW + 600 })
}

/// Item of a thread that waits for these calls.
fn waiting(calls: &Value) -> Value {
    let mut meta = meta(&[]);
    meta["pending"] = pending(calls);
    meta
}

fn stored_result() -> Rule {
    mock!(Table::put_item)
        .match_requests(|put| put.condition_expression() == Some("attribute_not_exists(content)"))
        .then_output(|| PutItemOutput::builder().build())
}

pub(super) fn no_result() -> Rule {
    mock!(Table::get_item)
        .match_requests(|get| {
            let sort = get.key().and_then(|key| key.get("item"));
            sort.and_then(|sort| sort.as_s().ok())
                .is_some_and(|sort| sort.starts_with("ANS#"))
        })
        .then_output(|| GetItemOutput::builder().build())
}

#[tokio::test]
async fn a_result_is_accepted_while_others_are_missing() {
    let rules = (
        connected("agui"),
        found(
            "threads",
            "META",
            Some(waiting(&json!({ "tc_1": 0, "tc_2": 1 }))),
        ),
        stored_result(),
        updated("META", "#calls.#call", Ok(waiting(&json!({ "tc_2": 1 })))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    assert_snapshot!(answer(&all, RESULT).await,
        @r#"{"type":"ack","id":"3","action":"tool_result","threadId":"t1","runId":"r0","status":"accepted","pending":["tc_2"]}"#);
    assert_eq!((rules.2.num_calls(), rules.3.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_result_for_which_the_thread_does_not_wait_is_refused() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(waiting(&json!({ "tc_2": 0 })))),
        no_result(),
    );
    let error = answer(&[&rules.0, &rules.1, &rules.2], RESULT).await;
    assert!(error.contains(r#""code":"not_pending""#), "{error}");
}

#[tokio::test]
async fn a_prompt_is_refused_while_its_thread_waits_and_taken_back() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(waiting(&json!({ "tc_1": 0 })))),
        taken_back(Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    let prompt = r#"{"action":"prompt","id":"2","runId":"r1","prompt":"Hey!"}"#;
    let error = answer(&all, prompt).await;
    assert!(error.contains(r#""code":"answers_pending""#), "{error}");
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_cancellation_ends_the_wait() {
    let calls = json!({ "tc_1": 0 });
    let ended = row("finished", &json!({ "pending": pending(&calls) }));
    let rules = (
        connected("agui"),
        found("threads", "META", Some(waiting(&calls))),
        updated("RUN#r0", "#cancelRequested", Err(ended)),
        updated("META", "REMOVE #pending", Ok(meta(&[]))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    assert_snapshot!(answer(&all, r#"{"action":"cancel","id":"4"}"#).await,
        @r#"{"type":"ack","id":"4","action":"cancel","threadId":"t1","runId":"r0","status":"cancelled"}"#);
    assert_eq!(rules.3.num_calls(), 1);
}
