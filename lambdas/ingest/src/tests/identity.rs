//! Tokens that expire, and tickets.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_smithy_mocks::{Rule, mock};
use serde_json::{Value, json};

use super::limits::close_sent;
use super::mocks::{CONNECTION, MARK_CLOSING, NOW, changed_connection, connection, found, item};
use super::{answer, answer_to, changed};

/// Mocks the read of a connection whose token expires this long after the request, or before it.
fn expires_in(seconds: i64) -> Rule {
    let mut row = connection("agui");
    row["user"] = json!("u_7");
    row["groups"] = json!(["staff"]);
    row["tokenExp"] = json!(NOW.checked_add_signed(seconds));
    found("connections", CONNECTION, Some(row))
}

fn parsed(frame: &str) -> Value {
    serde_json::from_str(frame).expect("the frame is JSON")
}

#[tokio::test]
async fn every_request_after_the_expiry_is_refused_and_closes_the_connection() {
    for message in [
        "Hey!",
        "ping",
        r#"{"action":"hello","id":"1"}"#,
        r#"{"action":"auth","id":"1","token":"a.b.c"}"#,
        r#"{"action":"ticket","id":"1"}"#,
        r#"{"action":"cancel","id":"1"}"#,
        r#"{"action":"resume","id":"1","runId":"r1","after":0}"#,
        r#"{"action":"history","id":"1"}"#,
        r#"{"action":"join","id":"1","room":"ops"}"#,
        r#"{"action":"leave","id":"1","room":"ops"}"#,
        r#"{"action":"ping","id":"1","t":1}"#,
        r#"{"action":"dance","id":"1"}"#,
    ] {
        let rules = (
            expires_in(0),
            changed_connection(MARK_CLOSING, Ok(connection("agui"))),
            close_sent(),
        );
        let event = changed(|event| {
            event["body"] = json!(message);
            event["requestContext"]["authorizer"]["exp"] = json!("1");
        });
        let refused = parsed(&answer_to(&[&rules.0, &rules.1, &rules.2], &event).await);
        assert_eq!(refused["code"], "token_expired", "{message}");
        assert_eq!(rules.2.num_calls(), 1, "{message}");
    }
}

#[tokio::test]
async fn responses_in_the_last_minute_of_a_token_say_so() {
    for (left, expiring) in [(61, json!(null)), (60, json!(true)), (1, json!(true))] {
        let ready = answer(&[&expires_in(left)], r#"{"action":"hello"}"#).await;
        assert_eq!(parsed(&ready)["expiring"], expiring, "{left} s");
    }
}

#[tokio::test]
async fn a_server_whose_connections_do_not_expire_renews_none() {
    let auth = r#"{"action":"auth","id":"1","token":"a.b.c"}"#;
    let refused = parsed(&answer(&[&expires_in(600)], auth).await);
    assert_eq!(refused["code"], "unauthorized");
    let without_token = parsed(&answer(&[&expires_in(600)], r#"{"action":"auth"}"#).await);
    assert_eq!(without_token["message"], "`token` is missing.");
    let ready = parsed(&answer(&[&expires_in(600)], r#"{"action":"hello"}"#).await);
    assert_eq!(
        ready["features"],
        json!([
            "approval", "history", "inbox", "notify", "push", "resume", "run", "steer", "ticket",
            "tools", "usage"
        ])
    );
}

#[tokio::test]
async fn a_ticket_of_a_connection_without_expiry_opens_one_that_ends_with_it() {
    let stored = mock!(Table::put_item)
        .match_requests(|put| {
            let identity = item(&json!({
                "identity": {"user": "anonymous", "expiresAt": NOW - 1 + 2 * 3600}
            }));
            put.item().and_then(|row| row.get("identity")) == identity.get("identity")
        })
        .then_output(|| PutItemOutput::builder().build());
    let rules = (super::mocks::connected("agui"), stored);
    let response = answer(&[&rules.0, &rules.1], r#"{"action":"ticket"}"#).await;
    assert_eq!(parsed(&response)["type"], "ticket");
}

#[tokio::test]
async fn a_ticket_has_the_identity_and_not_a_longer_life_than_its_connection() {
    for (left, valid) in [(600, 60), (30, 30)] {
        let stored = mock!(Table::put_item)
            .match_requests(move |put| {
                let expected = item(&json!({
                    "identity": {"user": "u_7", "groups": ["staff"], "expiresAt": NOW + left},
                    "expiresAt": NOW + valid,
                    "item": "TICKET",
                }));
                let row = put.item().expect("an item");
                put.table_name() == Some("users")
                    && expected
                        .iter()
                        .all(|(name, value)| row.get(name) == Some(value))
                    && row["user"]
                        .as_s()
                        .is_ok_and(|key| key.starts_with("ticket#"))
            })
            .then_output(|| PutItemOutput::builder().build());
        let rules = (expires_in(i64::try_from(left).expect("small")), stored);
        let response = answer(&[&rules.0, &rules.1], r#"{"action":"ticket","id":"1"}"#).await;
        let response = parsed(&response);
        assert_eq!(
            (&response["type"], &response["id"]),
            (&json!("ticket"), &json!("1"))
        );
        assert_eq!(response["ticket"].as_str().map(str::len), Some(22));
        assert_eq!(rules.1.num_calls(), 1);
    }
}
