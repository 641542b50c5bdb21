//! Events that are kept, and drain jobs.

use longwire_core::ids::{DeviceId, UserId};
use longwire_core::shape::Lines;
use longwire_store::connections::Connection;
use longwire_stream::post::PostError;
use serde_json::{Value, json};

use super::stage::{NOW, Stage, event};

/// Request to keep an event for the user `u_7`.
fn durable(id: &str) -> Value {
    json!({"target": {"userId": "u_7"}, "event": event(id), "durable": true})
}

async fn push(stage: &Stage, request: &Value) -> Value {
    stage.invoke(request).await.expect("a response")
}

/// Lets the queue deliver a drain job.
async fn drain(stage: &Stage, job: &Value) -> Value {
    let messages = json!({"Records": [{
        "messageId": "m1", "receiptHandle": "r", "body": job.to_string(), "attributes": {},
        "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:pushes", "awsRegion": "eu-central-1"
    }]});
    push(stage, &messages).await["batchItemFailures"].clone()
}

/// Numbers and ids of the events that a connection got, over all lines of all frames.
fn got(stage: &Stage, connection: &str) -> Vec<(Value, Value)> {
    let posts = stage.posts.lock().expect("one test, one thread");
    let frames = posts.frames.get(connection).cloned().unwrap_or_default();
    let lines = frames.iter().flat_map(|frame| frame.lines());
    let parsed = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    parsed
        .map(|line| (line["seq"].clone(), line["id"].clone()))
        .collect()
}

fn numbered<const N: usize>(events: [(u64, &str); N]) -> Vec<(Value, Value)> {
    events
        .iter()
        .map(|(seq, id)| (json!(seq), json!(id)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_durable_event_is_kept_and_reaches_who_is_connected_with_its_number() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    for (id, delivered) in [("e1", 1), ("e2", 1), ("e1", 1)] {
        let response = push(&stage, &durable(id)).await;
        assert_eq!(
            response,
            json!({"id": id, "delivered": delivered, "gone": 0, "stored": 1})
        );
    }
    assert_eq!(got(&stage, "a"), numbered([(1, "e1"), (2, "e2")]));
    let page = stage
        .deps
        .users
        .inbox(&UserId::trusted("u_7"), 0, 10, NOW)
        .await;
    let kept = page.expect("a page").events;
    assert_eq!(kept.len(), 2);
    let stored: Value = serde_json::from_str(kept[0].event.json().get()).expect("JSON");
    assert_eq!(stored, event("e1"));
}

#[tokio::test(start_paused = true)]
async fn a_bare_event_can_be_durable() {
    let stage = Stage::new();
    let mut bare = event("e1");
    bare["lwuser"] = json!("u_7");
    bare["lwdurable"] = json!(true);
    assert_eq!(push(&stage, &bare).await["stored"], 1);
    bare["lwdurable"] = json!("yes");
    let refused = stage.invoke(&bare).await.expect_err("a refusal").1;
    assert_eq!(refused, "`lwdurable` must be true or false");
}

#[tokio::test(start_paused = true)]
async fn a_drain_sends_what_the_device_has_not_seen_in_order() {
    let stage = Stage::new();
    for id in ["e1", "e2", "e3"] {
        push(&stage, &durable(id)).await;
    }
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    stage.connect("b", "u_7", "t_1", |_| {}).await;
    let (user, phone) = (UserId::trusted("u_7"), DeviceId::trusted("phone"));
    let seen = stage
        .deps
        .users
        .note_seen(&user, Some(&phone), 1, NOW)
        .await;
    seen.expect("the table works");
    let failed = drain(&stage, &json!({"v": 1, "drain": "a", "device": "phone"})).await;
    assert_eq!(failed, json!([]));
    drain(&stage, &json!({"v": 1, "drain": "b"})).await;
    assert_eq!(got(&stage, "a"), numbered([(2, "e2"), (3, "e3")]));
    assert_eq!(
        got(&stage, "b"),
        numbered([(1, "e1"), (2, "e2"), (3, "e3")])
    );
    let posts = stage.posts.lock().expect("one test, one thread");
    assert_eq!(posts.frames["b"].len(), 1, "several lines share a frame");
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_one_line_a_frame_gets_a_frame_for_each_event() {
    let stage = Stage::new();
    push(&stage, &durable("e1")).await;
    push(&stage, &durable("e2")).await;
    let one = |row: &mut Connection| row.lines = Lines::One;
    stage.connect("a", "u_7", "t_1", one).await;
    drain(&stage, &json!({"v": 1, "drain": "a"})).await;
    assert_eq!(stage.frames("a").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_inbox_is_sent_over_several_pages_and_frames() {
    let stage = Stage::new();
    for number in 1..=120 {
        let mut request = durable(&number.to_string());
        request["event"]["data"] = json!("x".repeat(1_000));
        push(&stage, &request).await;
    }
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    drain(&stage, &json!({"v": 1, "drain": "a"})).await;
    let numbers: Vec<_> = got(&stage, "a").into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(json!(numbers), json!((1..=120).collect::<Vec<_>>()));
    let posts = stage.posts.lock().expect("one test, one thread");
    assert!(posts.frames["a"].iter().all(|frame| frame.len() <= 28_672));
}

#[tokio::test(start_paused = true)]
async fn a_drain_of_a_connection_that_is_gone_ends_and_one_that_is_slow_is_repeated() {
    let stage = Stage::new();
    push(&stage, &durable("e1")).await;
    let job = |connection: &str| json!({"v": 1, "drain": connection});
    assert_eq!(drain(&stage, &job("absent")).await, json!([]));
    stage.connect("gone", "u_7", "t_1", |_| {}).await;
    stage.fail("gone", [PostError::Gone]);
    assert_eq!(drain(&stage, &job("gone")).await, json!([]));
    stage.connect("slow", "u_7", "t_1", |_| {}).await;
    stage.refuse_all("slow");
    let failed = json!([{"itemIdentifier": "m1"}]);
    assert_eq!(drain(&stage, &job("slow")).await, failed);
    stage.recover("slow");
    assert_eq!(drain(&stage, &job("slow")).await, json!([]));
    assert_eq!(got(&stage, "slow"), numbered([(1, "e1")]));
    let newer = json!({"v": 2, "drain": "slow"});
    assert_eq!(drain(&stage, &newer).await, failed);
}

#[tokio::test(start_paused = true)]
async fn fields_of_a_durable_event_are_checked() {
    for (field, value, message) in [
        ("ttlSeconds", json!(0), "`ttlSeconds` must be 1 to 604800"),
        (
            "ttlSeconds",
            json!(604_801),
            "`ttlSeconds` must be 1 to 604800",
        ),
        (
            "collapseKey",
            json!(""),
            "`collapseKey` must be 1 to 128 characters",
        ),
        (
            "durable",
            json!(false),
            "`ttlSeconds` and `collapseKey` need `\"durable\": true`",
        ),
        (
            "target",
            json!({"connectionId": "a"}),
            "`durable` needs a `target` with a `userId`",
        ),
    ] {
        let mut request = durable("e1");
        request["ttlSeconds"] = json!(60);
        request[field] = value;
        let stage = Stage::new();
        let (kind, refused) = stage.invoke(&request).await.expect_err(message);
        assert_eq!(
            (kind.as_str(), refused.as_str()),
            ("InvalidRequest", message)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_drain_goes_on_where_the_first_one_ended() {
    let stage = Stage::new();
    for number in 1..=5 {
        push(&stage, &durable(&number.to_string())).await;
    }
    let one = |row: &mut Connection| row.lines = Lines::One;
    stage.connect("a", "u_7", "t_1", one).await;
    let job = json!({"v": 1, "drain": "a"});
    stage.refuse_after("a", 2);
    assert_eq!(drain(&stage, &job).await, json!([{"itemIdentifier": "m1"}]));
    let two = [(1, "1"), (2, "2")];
    assert_eq!(got(&stage, "a"), numbered(two));
    stage.recover("a");
    assert_eq!(drain(&stage, &job).await, json!([]));
    assert_eq!(
        drain(&stage, &job).await,
        json!([]),
        "a job too many sends nothing"
    );
    let all = [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")];
    assert_eq!(got(&stage, "a"), numbered(all));
}

#[tokio::test(start_paused = true)]
async fn an_event_with_an_attribute_of_a_drain_job_is_an_event() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let mut bare = event("e1");
    bare["lwuser"] = json!("u_7");
    bare["drain"] = json!("x");
    bare["v"] = json!(1);
    assert_eq!(drain(&stage, &bare).await, json!([]));
    assert_eq!(stage.frames("a")[0]["event"], bare);
}
