//! Connections that get an event, and how often they get it.

use longwire_core::ids::ConnectionId;
use longwire_core::shape::Format;
use longwire_stream::post::PostError;
use serde_json::{Value, json};

use super::stage::{NOW, Stage, event, request};

fn user() -> Value {
    json!({"userId": "u_7"})
}

async fn exists(stage: &Stage, connection: &str) -> bool {
    let id = ConnectionId::trusted(connection);
    let row = stage.deps.connections.get(&id, NOW).await;
    row.expect("the table works").is_some()
}

#[tokio::test(start_paused = true)]
async fn every_connection_of_the_target_gets_the_event_and_no_other() {
    for (target, reached) in [
        (json!({"userId": "u_7"}), vec!["a", "b"]),
        (json!({"userId": "u_7", "threadId": "t_1"}), vec!["a"]),
        (json!({"connectionId": "b"}), vec!["b"]),
        (json!({"userId": "u_8", "threadId": "t_1"}), vec!["c"]),
        (json!({"userId": "u_8", "threadId": "t_2"}), vec![]),
        (json!({"userId": "u_9"}), vec![]),
    ] {
        let stage = Stage::new();
        stage.connect("a", "u_7", "t_1", |_| {}).await;
        stage.connect("b", "u_7", "t_2", |_| {}).await;
        stage.connect("c", "u_8", "t_1", |_| {}).await;
        let response = stage.invoke(&request(&target, "e1")).await;
        let expected = json!({"id": "e1", "delivered": reached.len(), "gone": 0, "stored": 0});
        assert_eq!(response, Ok(expected), "{target}");
        for connection in ["a", "b", "c"] {
            let frames = if reached.contains(&connection) {
                vec![json!({"type": "push", "id": "e1", "event": event("e1")})]
            } else {
                vec![]
            };
            assert_eq!(stage.frames(connection), frames, "{target} {connection}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_connections_of_a_user_are_reached() {
    let stage = Stage::new();
    for number in 0..1_000 {
        let id = format!("c{number}");
        stage.connect(&id, "u_7", "t_1", |_| {}).await;
    }
    for _ in 0..2 {
        let response = stage.invoke(&request(&user(), "e1")).await;
        assert_eq!(response.expect("a response")["delivered"], 1_000);
    }
    let posts = stage.posts.lock().expect("one test, one thread");
    assert_eq!(posts.frames.len(), 1_000);
    assert!(posts.frames.values().all(|frames| frames.len() == 1));
}

#[tokio::test(start_paused = true)]
async fn connections_that_take_no_event_are_left_out() {
    let stage = Stage::new();
    let closing = stage.connect("closing", "u_7", "t_1", |row| row.closing = Some(NOW));
    closing.await;
    let expired =
        |row: &mut longwire_store::connections::Connection| row.token_exp = Some(NOW - 60);
    stage.connect("expired", "u_7", "t_1", expired).await;
    let old = |row: &mut longwire_store::connections::Connection| row.ttl = NOW;
    stage.connect("old", "u_7", "t_1", old).await;
    let text = |row: &mut longwire_store::connections::Connection| row.format = Format::Text;
    stage.connect("text", "u_7", "t_1", text).await;
    let response = stage.invoke(&request(&user(), "e1")).await;
    assert_eq!(
        response,
        Ok(json!({"id": "e1", "delivered": 0, "gone": 0, "stored": 0}))
    );
    for id in ["closing", "expired", "old"] {
        let target = json!({"connectionId": id});
        let response = stage.invoke(&request(&target, "e1")).await;
        let gone = json!({"id": "e1", "delivered": 0, "gone": 1, "stored": 0});
        assert_eq!(response, Ok(gone), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_gone_loses_its_row_unless_it_is_opening() {
    let stage = Stage::new();
    stage.connect("gone", "u_7", "t_1", |_| {}).await;
    stage.fail("gone", [PostError::Gone]);
    let opening = stage.connect("opening", "u_7", "t_1", |row| row.connected_at = NOW - 1);
    opening.await;
    stage.fail("opening", [PostError::Gone]);
    let response = stage.invoke(&request(&user(), "e1")).await;
    assert_eq!(
        response,
        Ok(json!({"id": "e1", "delivered": 1, "gone": 1, "stored": 0}))
    );
    assert!(!exists(&stage, "gone").await);
    assert!(exists(&stage, "opening").await);
    assert_eq!(stage.frames("opening").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_reaches_only_those_that_took_nothing() {
    let stage = Stage::new();
    for id in ["a", "slow", "refusing"] {
        stage.connect(id, "u_7", "t_1", |_| {}).await;
    }
    stage.refuse_all("slow");
    stage.fail("refusing", [PostError::Refused("403".to_owned())]);
    let failed = stage.invoke(&request(&user(), "e1")).await;
    let message = "2 of 3 connections did not take the event".to_owned();
    assert_eq!(failed, Err(("Incomplete".to_owned(), message)));
    stage.recover("slow");

    let response = stage.invoke(&request(&user(), "e1")).await;
    assert_eq!(
        response,
        Ok(json!({"id": "e1", "delivered": 3, "gone": 0, "stored": 0}))
    );
    for id in ["a", "slow", "refusing"] {
        assert_eq!(stage.frames(id).len(), 1, "{id}");
    }
    let other_source = json!({"target": user(), "event": {
        "specversion": "1.0", "id": "e1", "source": "/bills", "type": "com.acme.paid"
    }});
    stage.invoke(&other_source).await.expect("a response");
    assert_eq!(stage.frames("a").len(), 2, "another source has other ids");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_for_a_moment_gets_the_event_once() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    stage.fail("a", [PostError::Slow, PostError::Slow]);
    let response = stage.invoke(&request(&user(), "e1")).await;
    assert_eq!(
        response,
        Ok(json!({"id": "e1", "delivered": 1, "gone": 0, "stored": 0}))
    );
    assert_eq!(stage.frames("a").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn connections_that_hang_hold_up_no_other_one() {
    let stage = Stage::new();
    for number in 0..600 {
        let id = format!("c{number}");
        stage.connect(&id, "u_7", "t_1", |_| {}).await;
        if number % 100 == 50 {
            stage.hang(&id);
        }
    }
    let began = tokio::time::Instant::now();
    let failed = stage.invoke(&request(&user(), "e1")).await;
    let message = "6 of 600 connections did not take the event".to_owned();
    assert_eq!(failed, Err(("Incomplete".to_owned(), message)));
    assert!(began.elapsed().as_secs() <= 15, "{:?}", began.elapsed());
    let posts = stage.posts.lock().expect("one test, one thread");
    assert_eq!(posts.frames.len(), 594);
}

#[tokio::test(start_paused = true)]
async fn an_invocation_without_time_says_that_there_may_be_more() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let cut = stage.invoke_within(&request(&user(), "e1"), 8).await;
    let message = "the time of the invocation is over".to_owned();
    assert_eq!(cut, Err(("Incomplete".to_owned(), message)));

    for number in 0..300 {
        let id = format!("c{number:03}");
        stage
            .connect(&id, "u_7", "t_1", |row| row.connected_at -= 1)
            .await;
        if number < 100 {
            stage.hang(&id);
        }
    }
    let (kind, message) = stage
        .invoke_within(&request(&user(), "e2"), 18)
        .await
        .expect_err("cut");
    assert_eq!(kind, "Incomplete");
    assert!(
        message.ends_with("did not take the event, and there may be more"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_message_does_not_hold_up_those_behind_it() {
    let stage = Stage::new();
    stage.connect("slow", "u_8", "t_1", |_| {}).await;
    stage.hang("slow");
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let message = |id: &str, request: &Value| {
        json!({
            "messageId": id, "receiptHandle": "r", "body": request.to_string(), "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:pushes"
        })
    };
    let slow = message("m0", &request(&json!({"userId": "u_8"}), "e0"));
    let others = (1..10).map(|at| message(&format!("m{at}"), &request(&user(), &format!("e{at}"))));
    let messages: Vec<Value> = std::iter::once(slow).chain(others).collect();
    // Time for one try of the slow one.
    let response = stage.invoke_within(&json!({"Records": messages}), 12).await;
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "m0"}]});
    assert_eq!(response, Ok(failed));
    assert_eq!(stage.frames("a").len(), 9);
}
