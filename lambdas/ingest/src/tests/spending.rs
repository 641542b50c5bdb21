//! Limits of one user: spending, and active threads over all connections.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_smithy_mocks::{Rule, mock};
use serde_json::{Value, from_value, json};

use super::limits::queues;
use super::mocks::{
    CONNECTION, changed_connection, connection, counted, deps, found, meta, recorded, row, updated,
};
use super::{answer_from, changed};

const PROMPT: &str =
    r#"{"action":"prompt","id":"2","threadId":"t4","runId":"r1","messageId":"u1","prompt":"Hey!"}"#;

/// Handles a request of a user who may have three threads and one prompt a day.
async fn answer(rules: &[&Rule], message: &str) -> Value {
    let mut deps = deps(rules);
    let policy = json!({ "default": { "threads": 3, "promptsPerDay": 1 } });
    deps.settings.limits = from_value(policy).expect("a policy");
    let event = changed(|event| {
        event["body"] = json!(message);
        event["requestContext"]["authorizer"]["user"] = json!("u_7");
    });
    let answer = answer_from(&deps, &event).await;
    serde_json::from_str(&answer).expect("the frame is JSON")
}

fn connected() -> Rule {
    found("connections", CONNECTION, Some(own()))
}

fn own() -> Value {
    let mut row = connection("agui");
    row["user"] = json!("u_7");
    row
}

fn spent(budget: Value) -> Rule {
    found("users", "BUDGET", Some(budget))
}

fn spending_not_read() -> Rule {
    mock!(Table::get_item)
        .match_requests(|get| get.table_name() == Some("users"))
        .then_error(|| {
            let error = ErrorMetadata::builder().code("InternalServerError");
            GetItemError::generic(error.build())
        })
}

fn thread_added(result: Result<Value, Value>) -> Rule {
    updated("BUDGET", "ADD #threads :added", result)
}

fn three_threads() -> Value {
    json!({ "threads": ["t1", "t2", "t3"] })
}

#[tokio::test]
async fn a_prompt_over_the_budget_is_refused() {
    let budget = json!({ "revision": 1, "day": 20_240_209, "month": 202_402, "dayPrompts": 1 });
    let rules = (connected(), spent(budget), found("threads", "RUN#r1", None));
    let refused = answer(&[&rules.0, &rules.1, &rules.2], PROMPT).await;
    assert_eq!(refused["code"], "quota_exceeded", "{refused}");
    let text = "The limit of 1 prompts a day is reached. It renews at 2024-02-10T00:00:00Z.";
    assert_eq!(refused["message"], text);
}

#[tokio::test]
async fn a_prompt_is_admitted_when_the_spending_cannot_be_read() {
    let rules = (
        connected(),
        spending_not_read(),
        thread_added(Ok(json!({ "threads": ["t4"] }))),
        changed_connection("ADD #threads :added", Ok(own())),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        found("threads", "RUN#r0", Some(row("running", &json!({})))),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    let ack = answer(&all, PROMPT).await;
    assert_eq!(ack["status"], "waiting", "{ack}");
    assert_eq!(rules.1.num_calls(), 1);
}

#[tokio::test]
async fn usage_is_unavailable_when_the_spending_cannot_be_read() {
    let rules = (connected(), spending_not_read());
    let refused = answer(&[&rules.0, &rules.1], r#"{"action":"usage","id":"2"}"#).await;
    assert_eq!(refused["code"], "unavailable", "{refused}");
}

#[tokio::test]
async fn a_set_that_filled_up_meanwhile_refuses_a_prompt_before_it_is_recorded() {
    let rules = (
        connected(),
        spent(json!({})),
        thread_added(Err(three_threads())),
        queues([&["r7"], &["r8"], &["r9"]]),
        found("threads", "RUN#r1", None),
        counted("refused", 1),
        recorded(Ok(())),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    let refused = answer(&all, PROMPT).await;
    assert_eq!(refused["code"], "rate_limited", "{refused}");
    let text = "This user has unfinished runs on 3 other threads, the most it may have. Wait until one ends.";
    assert_eq!(refused["message"], text);
    assert_eq!(rules.6.num_calls(), 0);
}
