use std::collections::BTreeMap;
use std::sync::Arc;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{ConnectionId, MessageId};
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_core::run::{Cursor, RunStatus};
use longwire_core::shape::Shape;
use longwire_store::error::StoreError;
use longwire_store::threads::lease::{Commit, Ended, RunLease, Written};
use longwire_store::threads::transition::{Cut, End, HandOver};
use serde_json::{Value, json};

use super::table::{Scripted, cancelled, down, found, key, row, run};

fn fence(table: &Scripted) -> RunLease {
    RunLease {
        threads: table.threads.clone(),
        key: key(),
        run_id: run(),
        epoch: 1,
        born: 990,
    }
}

fn lines() -> EventBatch {
    let line = |seq: u64| Arc::from(format!("{{\"seq\":{seq}}}"));
    EventBatch {
        first: 1,
        last: 2,
        events: vec![line(1), line(2)],
    }
}

fn done() -> (u16, Value) {
    (200, json!({}))
}

const END: End = End {
    status: RunStatus::Finished,
    reason: None,
    at: 1010,
};

#[tokio::test]
async fn a_step_is_one_transaction_under_the_epoch() {
    let table = Scripted::answering([done()]).await;
    let (message, lines) = (
        Message::user(MessageId::trusted("u_1"), run(), "Well?"),
        lines(),
    );
    let commit = Commit {
        messages: vec![(5, &message)],
        events: Some(&lines),
        events_ttl: 4600,
        ..Commit::default()
    };
    assert_eq!(
        fence(&table).commit(&commit).await.expect("it answers"),
        Written::Done
    );

    let (operation, body) = table.asked().pop().expect("it was asked");
    assert_eq!(operation, "TransactWriteItems");
    let items = body["TransactItems"].as_array().expect("items");
    let update = &items[0]["Update"];
    assert_eq!(
        update["ConditionExpression"],
        "#status = :was_status AND #epoch = :was_epoch AND attribute_exists(#takenBy)"
    );
    assert_eq!(update["ExpressionAttributeValues"][":lastSeq"]["N"], "2");
    assert_eq!(items[1]["Put"]["Item"]["item"]["S"], "MSG#990#00000005");
    assert_eq!(items[2]["Put"]["Item"]["item"]["S"], "LOG#r_1#00000001");
    assert_eq!(
        items[2]["Put"]["Item"]["lines"]["S"],
        "{\"seq\":1}\n{\"seq\":2}"
    );
    assert_eq!(body["ClientRequestToken"].as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn a_conflict_and_an_outage_are_tried_again_under_the_same_token() {
    // The SDK itself tries an outage three times; a conflict is tried by nobody else.
    let table = Scripted::answering([
        cancelled("TransactionConflict"),
        down(),
        down(),
        down(),
        done(),
    ])
    .await;
    assert_eq!(
        fence(&table).renew(1060).await.expect("it answers"),
        Written::Done
    );
    let tokens: Vec<_> = table
        .asked()
        .iter()
        .map(|(_, body)| body["ClientRequestToken"].clone())
        .collect();
    assert_eq!(tokens.len(), 5);
    assert!(tokens.iter().all(|token| token == &tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn a_refused_write_is_lost_when_another_owns_the_run() {
    let theirs = row(json!({ "epoch": { "N": "2" } }));
    let table = Scripted::answering([cancelled("ConditionalCheckFailed"), found(&theirs)]).await;
    assert_eq!(
        fence(&table).renew(1060).await.expect("it answers"),
        Written::Lost
    );
    assert_eq!(table.operations(), ["TransactWriteItems", "GetItem"]);
}

#[tokio::test]
async fn a_refused_end_that_stands_already_is_done() {
    let ended = row(json!({ "status": { "S": "finished" }, "lastSeq": { "N": "2" } }));
    let table = Scripted::answering([cancelled("ConditionalCheckFailed"), found(&ended)]).await;
    let lines = lines();
    let commit = Commit {
        events: Some(&lines),
        ..Commit::default()
    };
    assert_eq!(
        fence(&table).end(&commit, END).await.expect("it answers"),
        Ended::Done
    );
}

#[tokio::test]
async fn an_end_gives_way_to_a_cancel_that_came_first() {
    let wanted = row(json!({ "cancelRequested": { "S": "user" } }));
    let table =
        Scripted::answering([cancelled("ConditionalCheckFailed"), found(&wanted), done()]).await;
    let ended = fence(&table)
        .end(&Commit::default(), END)
        .await
        .expect("it answers");
    assert_eq!(ended, Ended::CancelRequested(CancelReason::User));

    let end = End {
        status: RunStatus::Cancelled,
        reason: Some(CancelReason::User),
        at: 1010,
    };
    assert_eq!(
        fence(&table)
            .end(&Commit::default(), end)
            .await
            .expect("it answers"),
        Ended::Done
    );
    let asked = table.asked();
    let condition =
        |at: usize| asked[at].1["TransactItems"][0]["Update"]["ConditionExpression"].clone();
    let mine = "#status = :was_status AND #epoch = :was_epoch AND attribute_exists(#takenBy)";
    assert_eq!(
        condition(0),
        format!("{mine} AND attribute_not_exists(#cancelRequested)")
    );
    assert_eq!(condition(2), mine, "a cancellation gives way to nobody");
    let values = &asked[2].1["TransactItems"][0]["Update"]["ExpressionAttributeValues"];
    assert_eq!(values[":reason"]["S"], "user");
}

#[tokio::test]
async fn an_end_is_lost_when_another_owns_the_run() {
    let theirs = row(json!({ "epoch": { "N": "2" }, "cancelRequested": { "S": "user" } }));
    let table = Scripted::answering([cancelled("ConditionalCheckFailed"), found(&theirs)]).await;
    assert_eq!(
        fence(&table)
            .end(&Commit::default(), END)
            .await
            .expect("it answers"),
        Ended::Lost
    );
}

#[tokio::test]
async fn a_hand_over_leaves_every_connections_place_in_the_row() {
    let connection = ConnectionId::trusted("c_1");
    let place =
        |after| BTreeMap::from([(connection.clone(), Cursor::new(after, Shape::default()))]);
    let (before, now) = (place(0), place(7));
    let moved = HandOver {
        before: &before,
        after: &now,
        wake_by: 1130,
    };
    let table = Scripted::answering([done()]).await;
    let written = fence(&table).hand_over(moved, None).await;
    assert_eq!(written.expect("it answers"), Written::Done);
    let (_, body) = table.asked().pop().expect("it was asked");
    let update = &body["TransactItems"][0]["Update"];
    let set = update["UpdateExpression"].as_str().expect("an expression");
    assert!(set.ends_with("REMOVE #takenBy"), "{set}");
    let condition = update["ConditionExpression"].as_str().expect("a condition");
    assert!(
        condition.ends_with("#attached = :was_attached"),
        "{condition}"
    );
    let values = &update["ExpressionAttributeValues"];
    assert_eq!(values[":attached"]["M"]["c_1"]["M"]["after"]["N"], "7");
    assert_eq!(values.get(":restarts"), None, "no line is void");

    let table = Scripted::answering([done()]).await;
    let cut = Cut { step: 3, keep: 12 };
    let written = fence(&table).hand_over(moved, Some(cut)).await;
    assert_eq!(written.expect("it answers"), Written::Done);
    let (_, body) = table.asked().pop().expect("it was asked");
    let values = &body["TransactItems"][0]["Update"]["ExpressionAttributeValues"];
    assert_eq!(values[":restarts"]["L"], json!([{ "N": "12" }]));
    assert_eq!(
        (&values[":lastSeq"]["N"], &values[":cut"]["N"]),
        (&json!("13"), &json!("3"))
    );
}

#[tokio::test]
async fn a_hand_over_is_made_again_when_somebody_attached_meanwhile() {
    let none = BTreeMap::new();
    let moved = HandOver {
        before: &none,
        after: &none,
        wake_by: 1130,
    };
    let mine = row(json!({}));
    let table = Scripted::answering([cancelled("ConditionalCheckFailed"), found(&mine)]).await;
    let written = fence(&table).hand_over(moved, None).await;
    assert!(matches!(written, Err(StoreError::ConditionFailed)));
    let theirs = row(json!({ "epoch": { "N": "2" } }));
    let table = Scripted::answering([cancelled("ConditionalCheckFailed"), found(&theirs)]).await;
    let written = fence(&table).hand_over(moved, None).await;
    assert_eq!(written.expect("it answers"), Written::Lost);
}
