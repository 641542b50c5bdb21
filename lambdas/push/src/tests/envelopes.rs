//! Events as Lambda, SQS, SNS and EventBridge deliver them.

use serde_json::{Value, json};

use super::stage::{Stage, request};

fn to_user(id: &str) -> Value {
    request(&json!({"userId": "u_7"}), id)
}

/// Event of EventBridge with this content.
fn of_bus(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "shipped",
        "source": "com.acme.orders", "account": "123456789012", "time": "2026-11-26T12:00:00Z",
        "region": "eu-central-1", "resources": [], "detail": detail
    })
}

/// Message of SNS in a queue, without raw delivery.
fn notification(content: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:pushes", "Message": content.to_string(),
        "Timestamp": "2026-11-26T12:00:00.000Z", "SignatureVersion": "1"
    })
}

/// Event of SNS for a function.
fn of_topic(content: &Value) -> Value {
    json!({"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:pushes:1",
        "Sns": notification(content)
    }]})
}

fn message(id: &str, body: &str) -> Value {
    json!({
        "messageId": id, "receiptHandle": "r", "body": body, "attributes": {}, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:pushes",
        "awsRegion": "eu-central-1"
    })
}

async fn stage() -> Stage {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn a_request_is_found_in_its_envelopes() {
    for event in [
        to_user("e1"),
        of_bus(&to_user("e1")),
        of_topic(&to_user("e1")),
        of_topic(&of_bus(&to_user("e1"))),
    ] {
        let stage = stage().await;
        let response = stage.invoke(&event).await;
        assert_eq!(
            response,
            Ok(json!({"id": "e1", "delivered": 1, "gone": 0, "stored": 0})),
            "{event}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_the_queue_fail_one_by_one() {
    let stage = stage().await;
    let messages = json!({"Records": [
        message("m1", &to_user("e1").to_string()),
        message("m2", "no JSON"),
        message("m3", &notification(&to_user("e2")).to_string()),
        message("m4", &of_bus(&to_user("e3")).to_string()),
        message("m5", &notification(&of_bus(&to_user("e4"))).to_string()),
        message("m6", "{}"),
    ]});
    let response = stage.invoke(&messages).await;
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m6"}]});
    assert_eq!(response, Ok(failed));
    let ids: Vec<_> = stage
        .frames("a")
        .into_iter()
        .map(|frame| frame["id"].clone())
        .collect();
    assert_eq!(ids, ["e1", "e2", "e3", "e4"]);
}

#[tokio::test(start_paused = true)]
async fn envelopes_within_envelopes_come_to_an_end() {
    let mut event = to_user("e1");
    for _ in 0..5 {
        event = of_bus(&event);
    }
    let (kind, message) = stage().await.invoke(&event).await.expect_err("a refusal");
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("InvalidRequest", "the request is in too many envelopes")
    );
}

#[tokio::test(start_paused = true)]
async fn numbers_are_passed_on_as_they_were_sent() {
    let stage = stage().await;
    let body = r#"{"target":{"userId":"u_7"},"event":{"specversion":"1.0","id":"e1","source":"/o","type":"t","data":{"exact":1.10,"big":123456789012345678901234567890}}}"#;
    let messages = json!({"Records": [message("m1", body)]});
    stage.invoke(&messages).await.expect("a response");
    let posts = stage.posts.lock().expect("one test, one thread");
    let frame = &posts.frames["a"][0];
    assert!(
        frame.contains(r#""data":{"exact":1.10,"big":123456789012345678901234567890}"#),
        "{frame}"
    );
}
