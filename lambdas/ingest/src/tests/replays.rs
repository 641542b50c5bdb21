//! `resume` of a run that has ended: the connection's row names the replay, and a connection job is sent.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answer;
use super::mocks::{
    CONNECTION, NOW, changed_connection, connected, connection, counted, item, meta, row,
};

const RESUME: &str = r#"{"action":"resume","id":"4","runId":"r1","after":4}"#;

/// Mocks the read of an idle thread and of its run, which has ended.
fn ended() -> Rule {
    let ended = row("finished", &json!({"endedAt": NOW - 1, "lastSeq": 9}));
    let items = [("META", meta(&[])), ("RUN#r1", ended)].map(|(sort, mut found)| {
        found["thread"] = json!("anonymous/t1");
        found["item"] = json!(sort);
        item(&found)
    });
    mock!(Table::batch_get_item).then_output(move || {
        BatchGetItemOutput::builder()
            .responses("threads", items.to_vec())
            .build()
    })
}

/// Mocks the sending of the connection job. A message to the workers' queue fails the test.
fn connection_job_sent() -> Rule {
    let body = json!({"v": 1, "connection": CONNECTION}).to_string();
    mock!(Sqs::send_message)
        .match_requests(move |send| {
            send.message_body() == Some(&body)
                && send.message_group_id() == Some(CONNECTION)
                && send.delay_seconds().is_none()
                && send
                    .queue_url()
                    .is_some_and(|url| url.ends_with("/replays"))
        })
        .then_output(|| SendMessageOutput::builder().build())
}

/// Makes the row of the connection with replays of this many runs.
fn waiting(count: usize) -> Value {
    let mut row = connection("agui");
    let cursor = json!({"after": 0, "shape": {"format": "agui", "lines": "one"}, "asked": 1});
    let replays = (0..count).map(|n| (format!("t1#x{n}"), cursor.clone()));
    row["replays"] = Value::Object(replays.collect());
    row
}

#[tokio::test]
async fn a_resume_of_an_ended_run_is_recorded_before_its_job_is_sent() {
    let rules = (
        connected("agui"),
        ended(),
        changed_connection("SET replays.#name = :cursor", Ok(waiting(1))),
        connection_job_sent(),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2, &rules.3], RESUME).await,
        @r#"{"type":"ack","id":"4","action":"resume","threadId":"t1","runId":"r1","status":"resuming"}"#);
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn the_first_replay_of_a_connection_creates_the_map() {
    let rules = (
        connected("agui"),
        ended(),
        changed_connection("SET replays.#name = :cursor", Err(connection("agui"))),
        changed_connection("SET replays = :map", Ok(waiting(1))),
        connection_job_sent(),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    assert!(answer(&all, RESUME).await.contains("resuming"));
    assert_eq!([rules.3.num_calls(), rules.4.num_calls()], [1, 1]);
}

#[tokio::test]
async fn a_twenty_first_replay_is_refused() {
    let rules = (
        connected("agui"),
        ended(),
        changed_connection("SET replays.#name = :cursor", Err(waiting(20))),
        counted("refused", 1),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2, &rules.3], RESUME).await,
        @r#"{"type":"error","id":"4","code":"rate_limited","message":"This connection waits for the events of 20 runs already.","retryable":true,"retryAfterMs":5000}"#);
}
