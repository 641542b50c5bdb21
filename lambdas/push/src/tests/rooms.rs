//! Events for the members of a room.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_smithy_mocks::{MockResponseInterceptor, create_mock_http_client, mock};
use longwire_core::identity::Identity;
use longwire_core::ids::{ConnectionId, RoomName, UserId};
use longwire_core::room_job::Members;
use longwire_core::shape::Format;
use longwire_store::connections::{Connection, Connections};
use longwire_store::item::Item;
use longwire_stream::post::PostError;
use serde_json::{Value, json};

use super::stage::{NOW, Stage, event, request};

/// Change of a connection's row.
type Change = fn(&mut Connection);

fn room(name: &str) -> Value {
    json!({ "room": name })
}

fn answer(delivered: usize, gone: usize) -> Result<Value, (String, String)> {
    Ok(json!({"id": "e1", "delivered": delivered, "gone": gone, "stored": 0}))
}

/// Adds members of the room `ops`.
async fn members(stage: &Stage, count: usize) {
    for number in 0..count {
        let id = format!("c{number:04}");
        stage.connect(&id, "u_7", "t_1", |_| {}).await;
        stage.join(&id, "ops").await;
    }
}

/// Members that the index has.
async fn indexed(stage: &Stage, name: &str) -> Vec<String> {
    let all = Members::all(RoomName::trusted(name));
    let page = stage.deps.connections.members(&all, None, 100).await;
    let page = page.expect("the table works");
    page.members.iter().map(ToString::to_string).collect()
}

/// Checks that so many connections have the event, each once.
fn assert_each_once(stage: &Stage, count: usize) {
    let posts = stage.posts.lock().expect("one test, one thread");
    assert_eq!(posts.frames.len(), count);
    assert!(posts.frames.values().all(|frames| frames.len() == 1));
}

/// Event of the queue with these messages.
fn queued(bodies: &[String]) -> Value {
    let message = |(at, body): (usize, &String)| {
        json!({
            "messageId": format!("m{at}"), "receiptHandle": "r", "body": body, "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:pushes"
        })
    };
    json!({"Records": bodies.iter().enumerate().map(message).collect::<Vec<_>>()})
}

#[tokio::test(start_paused = true)]
async fn every_member_gets_the_event_once_and_nobody_else() {
    let stage = Stage::new();
    for id in ["a", "b", "c"] {
        stage
            .connect(id, &format!("u_{id}"), "t_1", |row| {
                row.groups = vec!["staff".to_owned()];
            })
            .await;
    }
    for (id, name) in [("a", "ops"), ("b", "ops"), ("c", "staff")] {
        stage.join(id, name).await;
    }
    for _ in 0..2 {
        assert_eq!(
            stage.invoke(&request(&room("ops"), "e1")).await,
            answer(2, 0)
        );
    }
    for (id, frames) in [("a", 1), ("b", 1), ("c", 0)] {
        assert_eq!(stage.frames(id).len(), frames, "{id}");
    }
    let frame = json!({"type": "push", "id": "e1", "event": event("e1")});
    assert_eq!(stage.frames("a"), [frame]);
    assert_eq!(stage.sent(), [[""; 0]; 0]);
    // The same event to a user who is in the room.
    let to_user = request(&json!({"userId": "u_a"}), "e1");
    assert_eq!(stage.invoke(&to_user).await, answer(1, 0));
    assert_eq!(stage.frames("a").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_row_decides_and_not_the_index() {
    let stage = Stage::new();
    let old = |row: &mut Connection| row.ttl = NOW;
    let changes: [(&str, Change); 4] = [
        ("closing", |row| row.closing = Some(NOW)),
        ("expired", |row| row.token_exp = Some(NOW - 60)),
        ("text", |row| row.format = Format::Text),
        ("member", |_| {}),
    ];
    for (id, change) in changes {
        stage.connect(id, "u_7", "t_1", change).await;
        stage.join(id, "ops").await;
    }
    for id in ["left", "old", "missing"] {
        stage.connect(id, "u_7", "t_1", |_| {}).await;
        stage.join(id, "ops").await;
    }
    // The rows of before they joined: their items stay, as in an index that lags.
    stage.connect("left", "u_7", "t_1", |_| {}).await;
    stage.connect("old", "u_7", "t_1", old).await;
    let table = &stage.deps.connections;
    let missing = ConnectionId::trusted("missing");
    stage.connect("missing", "u_7", "t_1", |_| {}).await;
    table.delete(&missing).await.expect("the table works");

    let response = stage.invoke(&request(&room("ops"), "e1")).await;
    assert_eq!(response, answer(1, 2));
    for id in ["closing", "expired", "text", "left", "old", "missing"] {
        assert!(stage.frames(id).is_empty(), "{id}");
    }
    assert_eq!(stage.frames("member").len(), 1);
    // What has left may be joining again just now.
    let kept = ["closing", "expired", "left", "member", "text"];
    assert_eq!(indexed(&stage, "ops").await, kept);
    assert_eq!(
        stage.invoke(&request(&room("ops"), "e1")).await,
        answer(1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_connection_that_left_long_ago_is_removed() {
    let stage = Stage::new();
    stage.connect("left", "u_7", "t_1", |_| {}).await;
    let table = &stage.deps.connections;
    let row = table.get(&ConnectionId::trusted("left"), NOW).await;
    let row = row.expect("the table works").expect("a row");
    let ops = RoomName::trusted("ops");
    let joined = table.join(&row, &ops, (NOW - 60) * 1000).await;
    joined.expect("the table works");
    stage.connect("left", "u_7", "t_1", |_| {}).await;
    assert_eq!(
        stage.invoke(&request(&room("ops"), "e1")).await,
        answer(0, 0)
    );
    assert_eq!(indexed(&stage, "ops").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_token_lost_its_group_gets_nothing_more() {
    let stage = Stage::new();
    for id in ["a", "b"] {
        let change = |row: &mut Connection| {
            row.groups = vec!["staff".to_owned()];
            row.token_exp = Some(NOW + 600);
        };
        stage.connect(id, "u_7", "t_1", change).await;
        stage.join(id, "staff").await;
    }
    let identity =
        |groups: Vec<String>| Identity::new(UserId::trusted("u_7"), groups, Some(NOW + 600));
    let table = &stage.deps.connections;
    let a = ConnectionId::trusted("a");
    let renew = async |groups| {
        let renewed = table.renew(&a, &identity(groups), NOW).await;
        assert!(renewed.expect("the table works"));
    };
    renew(vec!["guest".to_owned()]).await;
    assert_eq!(
        stage.invoke(&request(&room("staff"), "e1")).await,
        answer(1, 0)
    );
    assert!(stage.frames("a").is_empty());
    assert_eq!(indexed(&stage, "staff").await, ["b"]);
    // It has to join again.
    renew(vec!["staff".to_owned()]).await;
    assert_eq!(
        stage.invoke(&request(&room("staff"), "e1")).await,
        answer(1, 0)
    );
    assert!(stage.frames("a").is_empty());
    stage.join("a", "staff").await;
    assert_eq!(
        stage.invoke(&request(&room("staff"), "e1")).await,
        answer(2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_gone_loses_its_row_and_its_rooms() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    for name in ["ops", "staff"] {
        stage.join("a", name).await;
    }
    stage.fail("a", [PostError::Gone]);
    assert_eq!(
        stage.invoke(&request(&room("ops"), "e1")).await,
        answer(0, 1)
    );
    assert_eq!(indexed(&stage, "staff").await, [""; 0]);
    assert_eq!(
        stage.invoke(&request(&room("ops"), "e1")).await,
        answer(0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn five_hundred_members_are_reached_by_one_invocation() {
    let stage = Stage::new();
    members(&stage, 500).await;
    assert_eq!(
        stage.invoke(&request(&room("ops"), "e1")).await,
        answer(500, 0)
    );
    assert_eq!(stage.sent(), [[""; 0]; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_is_cut_into_jobs_of_five_hundred() {
    let stage = Stage::new();
    members(&stage, 1_201).await;
    let request = request(&room("ops"), "e1");
    for repeated in [false, true] {
        let response = stage.invoke(&request).await;
        let queued_all =
            json!({"id": "e1", "delivered": 0, "gone": 0, "stored": 0, "queued": 1_201});
        assert_eq!(response, Ok(queued_all));
        if !repeated {
            let posts = stage.posts.lock().expect("one test, one thread");
            assert!(posts.frames.is_empty(), "the invocation posts nothing");
        }
        let batches = stage.sent();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [3]);
        // One who joined since the cut is reached as well.
        stage.connect("c0500x", "u_7", "t_1", |_| {}).await;
        stage.join("c0500x", "ops").await;
        for job in &batches[0] {
            let response = stage.invoke(&queued(std::slice::from_ref(job))).await;
            assert_eq!(response, Ok(json!({"batchItemFailures": []})));
        }
        assert_eq!(stage.sent(), [[""; 0]; 0], "jobs send no jobs");
        assert_each_once(&stage, 1_202);
        stage
            .deps
            .connections
            .delete(&ConnectionId::trusted("c0500x"))
            .await
            .expect("deleted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_with_too_many_members_is_refused_and_gets_nothing() {
    let mut stage = Stage::new();
    let endless = mock!(aws_sdk_dynamodb::Client::query).then_output(|| {
        let member = |number| Item::from([("member".to_owned(), S(format!("c{number:03}")))]);
        QueryOutput::builder()
            .set_items(Some((0..500).map(member).collect()))
            .last_evaluated_key("member", S("c499".to_owned()))
            .build()
    });
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(create_mock_http_client())
        .interceptor(MockResponseInterceptor::new().with_rule(&endless))
        .build();
    let table = aws_sdk_dynamodb::Client::from_conf(config);
    stage.deps.connections = Connections::new(table, "connections");
    let refused = stage.invoke(&request(&room("ops"), "e1")).await;
    let message = "`room` has more than 100000 members; use several rooms".to_owned();
    assert_eq!(refused, Err(("InvalidRequest".to_owned(), message)));
    assert_eq!(endless.num_calls(), 201);
    assert_eq!(stage.sent(), [[""; 0]; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_job_repeats_only_what_failed() {
    let stage = Stage::new();
    members(&stage, 501).await;
    stage
        .invoke(&request(&room("ops"), "e1"))
        .await
        .expect("a response");
    let jobs: Vec<String> = stage.sent().into_iter().flatten().collect();
    stage.refuse_all("c0001");
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "m0"}]});
    assert_eq!(stage.invoke(&queued(&jobs)).await, Ok(failed));
    stage.recover("c0001");
    let done = json!({"batchItemFailures": []});
    assert_eq!(stage.invoke(&queued(&jobs[..1])).await, Ok(done));
    assert_each_once(&stage, 501);
}

#[tokio::test(start_paused = true)]
async fn a_forged_job_reaches_nobody_but_members() {
    let stage = Stage::new();
    members(&stage, 2).await;
    stage.connect("other", "u_8", "t_1", |_| {}).await;
    let job = |members: Value| json!({"v": 1, "members": members, "event": event("e1")});
    for (members, accepted) in [
        (json!({"room": "ops"}), true),
        (
            json!({"room": "ops", "after": "c0000", "upTo": "zzz"}),
            true,
        ),
        (json!({"room": "lobby"}), false),
        (json!({"room": "ops", "after": "z", "upTo": "a"}), false),
        (json!({"userId": "u_8"}), false),
    ] {
        let job = job(members);
        let response = stage.invoke(&queued(&[job.to_string()])).await;
        let failed = response.expect("a response")["batchItemFailures"].clone();
        assert_eq!(
            failed.as_array().map(Vec::is_empty),
            Some(accepted),
            "{job}"
        );
        // Only the queue brings jobs.
        let (kind, _) = stage.invoke(&job).await.expect_err("a refusal");
        assert_eq!(kind, "InvalidRequest");
    }
    assert!(stage.frames("other").is_empty());
    assert_eq!(stage.frames("c0001").len(), 1);
}
