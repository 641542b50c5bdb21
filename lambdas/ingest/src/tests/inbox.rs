//! Events that are kept for the user.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{Rule, mock};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::mocks::{CONNECTION, NOW, changed_connection, connection, found, item, updated};
use super::{answer, answer_to, event};

/// Mocks the state of the inbox: the number of the last event, and the one that the device has seen.
fn inbox(last: u64, device: &'static str, seen: u64) -> Rule {
    mock!(Table::batch_get_item)
        .match_requests(move |read| {
            let tables = read.request_items().into_iter().flatten();
            let key = format!("DEVICE#{device}");
            tables.into_iter().all(|(table, keys)| {
                table == "users" && format!("{:?}", keys.keys()).contains(&format!("{key}\""))
            })
        })
        .then_output(move || {
            let user = "anonymous";
            let head = json!({"user": user, "item": "INBOX", "last": last});
            let device = json!({"user": user, "item": format!("DEVICE#{device}"), "upTo": seen});
            BatchGetItemOutput::builder()
                .responses("users", vec![item(&head), item(&device)])
                .build()
        })
}

/// Mocks the drain job of the connection.
fn drained(device: Option<&'static str>, result: Result<(), ()>) -> Rule {
    let mut job = json!({"v": 1, "drain": CONNECTION});
    if let Some(device) = device {
        job["device"] = json!(device);
    }
    let body = job.to_string();
    let rule = mock!(Sqs::send_message).match_requests(move |send| {
        let url = send.queue_url().unwrap_or_default();
        send.message_body() == Some(&body) && url.ends_with("/pushes")
    });
    match result {
        Ok(()) => rule.then_output(|| SendMessageOutput::builder().build()),
        Err(()) => rule.then_error(|| SendMessageError::unhandled("the queue is down")),
    }
}

fn connected(change: &Value) -> Rule {
    let mut row = connection("agui");
    let change = change.as_object().expect("attributes").clone();
    row.as_object_mut().expect("a row").extend(change);
    found("connections", CONNECTION, Some(row))
}

#[tokio::test]
async fn hello_lets_the_events_be_sent_that_the_device_has_not_seen() {
    for (row, last, seen, sent) in [
        (json!({}), 3, 2, 1),
        (json!({}), 3, 3, 0),
        (json!({}), 0, 0, 0),
        (json!({"drainedTo": 3}), 3, 2, 0),
        (json!({"drainedTo": 2}), 3, 0, 1),
        (
            json!({"drainAsked": 3, "drainAskedAt": NOW - 1_799}),
            3,
            2,
            0,
        ),
        (
            json!({"drainAsked": 3, "drainAskedAt": NOW - 1_800}),
            3,
            2,
            1,
        ),
        (json!({"drainAsked": 2, "drainAskedAt": NOW - 1}), 3, 2, 1),
    ] {
        let mut phone = row.clone();
        phone["deviceId"] = json!("phone");
        let note = "SET drainAsked = :last, drainAskedAt = :now";
        let rules = (
            connected(&phone),
            inbox(last, "phone", seen),
            drained(Some("phone"), Ok(())),
            changed_connection(note, Ok(connection("agui"))),
        );
        let all = [&rules.0, &rules.1, &rules.2, &rules.3];
        for hello in [
            r#"{"action":"hello","deviceId":"phone"}"#,
            r#"{"action":"hello"}"#,
        ] {
            let before = rules.2.num_calls();
            let ready = answer(&all, hello).await;
            assert!(ready.contains(r#""type":"ready""#), "{ready}");
            assert_eq!(rules.2.num_calls() - before, sent, "{row} {last} {seen}");
            assert_eq!(rules.3.num_calls(), rules.2.num_calls());
        }
    }
}

#[tokio::test]
async fn the_device_of_a_connection_is_named_once() {
    let hello = r#"{"action":"hello","id":"1","deviceId":"tablet"}"#;
    let set = "SET deviceId = :device";
    let phone = || connected(&json!({"deviceId": "phone"}));
    let rules = (phone(), changed_connection(set, Err(connection("agui"))));
    assert_snapshot!(answer(&[&rules.0, &rules.1], hello).await,
        @r#"{"type":"error","id":"1","code":"invalid_message","message":"`deviceId` of a connection cannot change."}"#);
    for format in ["agui", "simple"] {
        let rules = (
            connected(&json!({"format": format})),
            changed_connection(set, Ok(connection(format))),
        );
        answer(&[&rules.0, &rules.1], hello).await;
        assert_eq!(rules.1.num_calls(), 1, "{format}");
    }
}

#[tokio::test]
async fn a_queue_that_fails_does_not_refuse_hello() {
    let rules = (
        connected(&json!({})),
        inbox(3, "", 0),
        drained(None, Err(())),
    );
    let ready = answer(&[&rules.0, &rules.1, &rules.2], r#"{"action":"hello"}"#).await;
    assert!(ready.contains(r#""type":"ready""#), "{ready}");
    assert_eq!(rules.2.num_calls(), 1);
}

#[tokio::test]
async fn clients_of_other_formats_get_no_events() {
    let rules = (connected(&json!({"format": "text"})), inbox(3, "", 0));
    assert_eq!(
        answer(&[&rules.0, &rules.1], r#"{"action":"hello"}"#).await,
        ""
    );
    assert_eq!(rules.1.num_calls(), 0);
}

#[tokio::test]
async fn a_device_has_a_short_id() {
    let long = format!(r#"{{"action":"hello","deviceId":"{}"}}"#, "d".repeat(65));
    assert_snapshot!(answer(&[&connected(&json!({}))], &long).await,
        @r#"{"type":"error","code":"invalid_message","message":"`deviceId` must have at most 64 characters."}"#);
}

#[tokio::test]
async fn inbox_returns_a_page_and_says_what_was_dropped() {
    let kept = |seq: u64, ttl: u64| {
        let event =
            json!({"specversion": "1.0", "id": seq.to_string(), "source": "/o", "type": "t"});
        item(&json!({"seq": seq, "event": event.to_string(), "ttl": ttl}))
    };
    let query = mock!(Table::query)
        .match_requests(|query| {
            let values = format!("{:?}", query.expression_attribute_values());
            query.limit() == Some(2) && values.contains("INBOX#00000000000000000008")
        })
        .then_output(move || {
            QueryOutput::builder()
                .items(kept(11, NOW + 1))
                .items(kept(12, NOW))
                .last_evaluated_key(
                    "item",
                    aws_sdk_dynamodb::types::AttributeValue::S(format!("INBOX#{:020}", 12)),
                )
                .build()
        });
    let rules = (connected(&json!({})), inbox(1_010, "", 0), query);
    let request = r#"{"action":"inbox","id":"5","after":7,"limit":2}"#;
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2], request).await,
        @r#"{"type":"inbox","id":"5","pushes":[{"seq":11,"event":{"specversion":"1.0","id":"11","source":"/o","type":"t"}}],"next":12,"dropped":3}"#);
}

#[tokio::test]
async fn seen_is_noted_up_to_the_last_event() {
    for (up_to, noted, writes) in [(2, 2, 1), (99, 3, 1), (1, 1, 0)] {
        let rules = (
            connected(&json!({"deviceId": "phone"})),
            inbox(3, "phone", 1),
            updated(
                "DEVICE#phone",
                "SET upTo = :upTo",
                Ok(json!({"upTo": noted})),
            ),
        );
        let request = format!(r#"{{"action":"seen","id":"6","upTo":{up_to}}}"#);
        let all = [&rules.0, &rules.1, &rules.2];
        let ack = answer_to(&all, &event(&request)).await;
        let expected = format!(r#"{{"type":"ack","id":"6","action":"seen","upTo":{noted}}}"#);
        assert_eq!(ack, expected);
        assert_eq!(rules.2.num_calls(), writes, "{up_to}");
    }
    let missing = answer(&[&connected(&json!({}))], r#"{"action":"seen"}"#).await;
    assert!(missing.contains("`upTo` is missing."), "{missing}");
}
