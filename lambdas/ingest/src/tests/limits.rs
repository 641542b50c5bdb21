//! Limits of one connection: requests, refusals, active threads.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use longwire_store::connections::rate::Rate;
use serde_json::{Value, json};

use super::mocks::{
    CONNECTION, MARK_CLOSING, NOW, changed_connection, connected, connection, counted, found, item,
    meta, recorded, row, sent, updated,
};
use super::{answer, answer_from, event};
use crate::closing::MAX_REFUSALS;

const PROMPT: &str =
    r#"{"action":"prompt","id":"2","threadId":"t4","runId":"r1","messageId":"u1","prompt":"Hey!"}"#;

const CLOSING: &str = r#"{"type":"error","message":"This connection sent too many messages and is being closed. Connect again later."}"#;

/// Handles a request under these rules, of a connection that may send five requests a second.
async fn limited(rules: &[&Rule], message: &str) -> String {
    let mut deps = super::mocks::deps(rules);
    deps.settings.rate = Rate { per_second: 5 };
    answer_from(&deps, &event(message)).await
}

#[tokio::test]
async fn a_request_beyond_the_limit_is_refused_in_the_format_of_the_connection() {
    let hello = r#"{"action":"hello","id":"1"}"#;
    for (format, refusal) in [
        (
            "agui",
            r#"{"type":"error","id":"1","code":"rate_limited","message":"This connection sends too many messages. Wait a little.","retryable":true,"retryAfterMs":3059}"#,
        ),
        (
            "simple",
            r#"{"type":"error","value":"This connection sends too many messages. Wait a little."}"#,
        ),
    ] {
        let rules = (
            connected(format),
            counted("messages", 21),
            counted("refused", 1),
        );
        let refused = limited(&[&rules.0, &rules.1, &rules.2], hello).await;
        assert_eq!(refused, refusal);
        assert_eq!(rules.2.num_calls(), 1);
    }
    let rules = (connected("agui"), counted("messages", 20));
    let ready = limited(&[&rules.0, &rules.1], hello).await;
    assert!(ready.contains(r#""type":"ready""#), "{ready}");
}

#[tokio::test]
async fn a_ping_counts_and_reads_a_row_only_to_be_refused() {
    let ping = r#"{"action":"ping","t":1}"#;
    let one = counted("messages", 20);
    assert_snapshot!(limited(&[&one], ping).await, @r#"{"type":"pong","t":1,"now":1707503008941}"#);
    assert_eq!(one.num_calls(), 1);
    let rules = (
        connected("text"),
        counted("messages", 21),
        counted("refused", 1),
    );
    assert_snapshot!(limited(&[&rules.0, &rules.1, &rules.2], ping).await,
        @"[error] This connection sends too many messages. Wait a little.");
}

#[tokio::test]
async fn a_request_that_cannot_be_parsed_counts() {
    let bad = r#"{"action":"dance","id":"3"}"#;
    let rules = (
        connected("agui"),
        counted("messages", 21),
        counted("refused", 1),
    );
    let refused = limited(&[&rules.0, &rules.1, &rules.2], bad).await;
    assert!(refused.contains(r#""code":"rate_limited""#), "{refused}");
    let rules = (connected("agui"), counted("messages", 1));
    let refused = limited(&[&rules.0, &rules.1], bad).await;
    assert!(refused.contains(r#""code":"unknown_action""#), "{refused}");
}

/// Mocks the message that tells `replay` to close the connection.
pub(super) fn close_sent() -> Rule {
    let body = json!({"v": 1, "connection": CONNECTION}).to_string();
    mock!(Sqs::send_message)
        .match_requests(move |send| {
            send.message_body() == Some(&body)
                && send.message_group_id() == Some(CONNECTION)
                && send.delay_seconds() == Some(1)
                && send
                    .queue_url()
                    .is_some_and(|url| url.ends_with("/replays"))
        })
        .then_output(|| SendMessageOutput::builder().build())
}

#[tokio::test]
async fn a_connection_with_fifty_refusals_in_a_minute_is_closed_once() {
    for (refusals, marked, sends) in [
        (MAX_REFUSALS - 1, Ok(connection("agui")), 0),
        (MAX_REFUSALS, Ok(connection("agui")), 1),
        (MAX_REFUSALS + 1, Err(connection("agui")), 0),
    ] {
        let rules = (
            connected("agui"),
            counted("messages", 21),
            counted("refused", refusals),
            changed_connection(MARK_CLOSING, marked),
            close_sent(),
        );
        let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
        let refused = limited(&all, r#"{"action":"hello"}"#).await;
        assert!(refused.contains(r#""code":"rate_limited""#), "{refused}");
        assert_eq!(rules.4.num_calls(), sends, "{refusals} refusals");
    }
}

#[tokio::test]
async fn a_connection_that_is_closing_gets_nothing_but_the_error() {
    let mut closing = connection("typed");
    closing["closing"] = json!(NOW - 11);
    for message in [
        "Hey!",
        r#"{"action":"hello"}"#,
        r#"{"action":"dance"}"#,
        r#"{"action":"resume","runId":"r1","after":0}"#,
    ] {
        let rules = (
            found("connections", CONNECTION, Some(closing.clone())),
            counted("messages", 1),
            changed_connection(MARK_CLOSING, Ok(closing.clone())),
            close_sent(),
        );
        let all = [&rules.0, &rules.1, &rules.2, &rules.3];
        let message = limited(&all, message).await;
        assert_eq!(message, CLOSING);
        assert_eq!(
            rules.3.num_calls(),
            1,
            "the first message may have been lost"
        );
    }
}

/// Mocks the read of the META items of the threads `t1` to `t3`, with these run queues.
pub(super) fn queues(queues: [&[&str]; 3]) -> Rule {
    let metas: Vec<_> = queues
        .iter()
        .enumerate()
        .map(|(at, queue)| {
            let mut meta = meta(queue);
            meta["thread"] = json!(format!("anonymous/t{}", at + 1));
            meta["item"] = json!("META");
            item(&meta)
        })
        .collect();
    mock!(Table::batch_get_item)
        .match_requests(|read| {
            let tables = read.request_items().into_iter().flatten();
            tables
                .into_iter()
                .all(|(_, keys)| keys.keys().len() == 3 && keys.consistent_read() == Some(true))
        })
        .then_output(move || {
            BatchGetItemOutput::builder()
                .responses("threads", metas.clone())
                .build()
        })
}

fn three_threads() -> Value {
    let mut full = connection("agui");
    full["threads"] = json!(["t1", "t2", "t3"]);
    full
}

#[tokio::test]
async fn a_fourth_active_thread_is_refused() {
    let rules = (
        found("connections", CONNECTION, Some(three_threads())),
        changed_connection("ADD #threads :added", Err(three_threads())),
        queues([&["r7"], &["r8", "r9"], &["r10"]]),
        found("threads", "RUN#r1", None),
        counted("refused", 1),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"error","id":"2","code":"rate_limited","message":"This connection has unfinished runs on 3 other threads, the most it may have. Wait until one ends.","retryable":true,"retryAfterMs":5000,"threadId":"t4","runId":"r1"}"#);
    assert_eq!(rules.4.num_calls(), 1);
}

#[tokio::test]
async fn a_thread_whose_runs_have_ended_makes_room() {
    let rules = (
        found("connections", CONNECTION, Some(three_threads())),
        changed_connection("ADD #threads :added", Err(three_threads())),
        queues([&["r7"], &[], &["r10"]]),
        changed_connection("SET #threads = :threads", Ok(three_threads())),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        found("threads", "RUN#r0", Some(row("running", &json!({})))),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    let ack = answer(&all, PROMPT).await;
    assert!(ack.contains(r#""status":"waiting""#), "{ack}");
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_thread_that_cannot_be_added_to_the_set_does_not_fail_the_start() {
    let rules = (
        connected("agui"),
        changed_connection("ADD #threads :added", Err(three_threads())),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        found("threads", "RUN#r0", Some(row("running", &json!({})))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let ack = answer(&all, PROMPT).await;
    assert!(ack.contains(r#""status":"waiting""#), "{ack}");
    assert_eq!(rules.1.num_calls(), 1);
}

#[tokio::test]
async fn a_run_on_an_active_thread_writes_no_row_of_the_connection() {
    let prompt = PROMPT.replace("t4", "t1");
    let rules = (
        found("connections", CONNECTION, Some(three_threads())),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Ok(())),
    );
    let ack = answer(&[&rules.0, &rules.1, &rules.2, &rules.3], &prompt).await;
    assert!(ack.contains(r#""status":"queued""#), "{ack}");
}

#[tokio::test]
async fn a_repeated_start_on_a_fourth_thread_is_not_refused() {
    let rules = (
        found("connections", CONNECTION, Some(three_threads())),
        changed_connection("ADD #threads :added", Err(three_threads())),
        queues([&["r7"], &["r8"], &["r10"]]),
        found("threads", "RUN#r1", Some(row("finished", &json!({})))),
        recorded(Err("ConditionalCheckFailedException")),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let ack = answer(&all, PROMPT).await;
    assert!(
        ack.contains(r#""status":"finished","duplicate":true"#),
        "{ack}"
    );
}
