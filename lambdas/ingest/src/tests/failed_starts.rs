//! Starts that fail: they are taken back, and the client can repeat them.

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use insta::assert_snapshot;
use longwire_lambda::sdk::CallTimeouts;
use serde_json::json;
use tokio::net::TcpListener;

use super::mocks::{
    NOW, connected, deleted_meta, found, input_deleted, left_queue, meta, over, queue_read,
    recorded, row, sent, taken_back, updated,
};
use super::{answer, event};
use crate::handler::handle;

const PROMPT: &str =
    r#"{"action":"prompt","id":"2","runId":"r1","messageId":"u1","prompt":"Hey!"}"#;

#[tokio::test]
async fn a_start_on_a_full_run_queue_is_taken_back() {
    let names: Vec<String> = (0..20).map(|n| format!("x{n}")).collect();
    let full: Vec<&str> = names.iter().map(String::as_str).collect();
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(meta(&full))),
        taken_back(Ok(())),
        found("threads", "RUN#x0", Some(row("running", &json!({})))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"error","id":"2","code":"thread_busy","message":"`threadId` names a thread with 20 unfinished runs, and it takes no more.","retryable":true,"threadId":"t1","runId":"r1"}"#);
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_start_that_cannot_be_queued_is_taken_back() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Err(())),
        taken_back(Ok(())),
        queue_read(&["r1"], &[]),
        left_queue(Ok(())),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"error","id":"2","code":"unavailable","message":"The service is not available right now. Try again.","retryable":true,"threadId":"t1","runId":"r1"}"#);
    assert_eq!(all.map(|rule| rule.num_calls()), [1, 2, 1, 1, 1, 2, 1]);
}

#[tokio::test]
async fn the_next_run_becomes_the_head_when_a_start_is_taken_back() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Err(())),
        taken_back(Ok(())),
        queue_read(&["r1"], &["r2"]),
        left_queue(Ok(())),
        sent("r2", Ok(())),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6, &rules.7,
    ];
    assert!(answer(&all, PROMPT).await.contains("unavailable"));
    assert_eq!(rules.7.num_calls(), 1);
}

#[tokio::test]
async fn a_run_that_was_recorded_again_during_the_take_back_keeps_its_place() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1", "r2"]))),
        sent("r1", Err(())),
        taken_back(Ok(())),
        found("threads", "META", Some(meta(&["r1", "r2"]))),
        left_queue(Err(0)),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    assert!(answer(&all, PROMPT).await.contains("unavailable"));
    assert_eq!(all.map(|rule| rule.num_calls()), [1, 2, 1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn a_start_leaves_the_run_of_a_later_start_on_a_thread_that_was_deleted_since() {
    let deleted = deleted_meta(&["r1"], NOW * 1000 + 2000);
    let later = row("queued", &json!({ "recordedAt": NOW * 1000 + 3000 }));
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(deleted)),
        taken_back(Err("ConditionalCheckFailed")),
        found("threads", "RUN#r1", Some(later)),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let error = answer(&all, PROMPT).await;
    assert!(error.contains(r#""code":"thread_not_found""#), "{error}");
}

#[tokio::test]
async fn a_repeated_start_of_a_run_that_is_being_erased_leaves_no_input() {
    let deleted = deleted_meta(&[], NOW * 1000 + 500);
    let rules = (
        connected("agui"),
        recorded(Err("ConditionalCheckFailedException")),
        found("threads", "META", Some(deleted)),
        found(
            "threads",
            "RUN#r1",
            Some(row("cancelled", &json!({ "recordedAt": NOW * 1000 }))),
        ),
        input_deleted(),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let error = answer(&all, PROMPT).await;
    assert!(error.contains(r#""code":"thread_not_found""#), "{error}");
    assert_eq!(rules.4.num_calls(), 1);
}

#[tokio::test]
async fn the_input_that_was_written_after_its_run_was_erased_is_deleted() {
    let deleted = deleted_meta(&[], NOW * 1000 + 2000);
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(deleted)),
        taken_back(Err("ConditionalCheckFailed")),
        found("threads", "RUN#r1", None),
        input_deleted(),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5];
    let error = answer(&all, PROMPT).await;
    assert!(error.contains(r#""code":"thread_not_found""#), "{error}");
    assert_eq!(rules.5.num_calls(), 1);
}

#[tokio::test]
async fn a_start_that_a_worker_claimed_is_accepted() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Err(())),
        taken_back(Err("ConditionalCheckFailed")),
        found(
            "threads",
            "RUN#r1",
            Some(row("running", &json!({"epoch": 1}))),
        ),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"queued"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_conflict_is_retried_before_it_is_an_error() {
    let rules = (
        connected("agui"),
        recorded(Err("TransactionConflictException")),
        found("threads", "RUN#r1", None),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2], PROMPT).await,
        @r#"{"type":"error","id":"2","code":"unavailable","message":"The service is not available right now. Try again.","retryable":true,"threadId":"t1","runId":"r1"}"#);
    assert_eq!(rules.1.num_calls(), 8, "four for each of the two items");
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_row_is_an_internal_error_without_details() {
    let broken = found(
        "connections",
        "S3Ay8cFPIAMCIow=",
        Some(json!({"connection": 5})),
    );
    assert_snapshot!(answer(&[&broken], r#"{"action":"hello","id":"1"}"#).await,
        @r#"{"type":"error","id":"1","code":"internal","message":"Something went wrong on our side.","retryable":true}"#);
}

/// The table accepts the connection and never responds.
#[tokio::test(start_paused = true)]
async fn a_silent_table_is_unavailable_after_three_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = silent.local_addr().expect("it is bound");
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
            Credentials::new("key", "secret", None, None, "test"),
        ))
        .endpoint_url(format!("http://{address}"))
        .build();
    let minute = Duration::from_secs(60);
    let timeouts = CallTimeouts {
        attempt: minute,
        total: minute,
    };
    let quick = timeouts.limit(&config);
    let deps = over(
        aws_sdk_dynamodb::Client::new(&quick),
        aws_sdk_sqs::Client::new(&quick),
    );
    let began = tokio::time::Instant::now();
    let answer = json!(handle(&deps, &event(PROMPT)).await);
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_snapshot!(answer["body"].as_str().expect("text"),
        @r#"{"type":"error","id":"2","code":"unavailable","message":"The service is not available right now. Try again.","retryable":true,"runId":"r1"}"#);
}
