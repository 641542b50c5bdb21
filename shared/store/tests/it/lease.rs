use std::collections::BTreeMap;
use std::sync::Arc;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{ConnectionId, MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::run::{CancelReason, Cursor, RunEnd, RunRow};
use longwire_core::shape::Shape;
use longwire_store::error::StoreError;
use longwire_store::threads::claim::Claim;
use longwire_store::threads::commit::Commit;
use longwire_store::threads::hand_over::{Cut, HandOver};
use longwire_store::threads::lease::{Ended, RunLease, Written};
use serde_json::{Value, json};

use super::scripted::{
    Response, Scripted, found, key, refused, row, run_id, server_error, transacted,
    transaction_cancelled, updated,
};

const NOW: u64 = 1010;
const OWNED: &str = "#status = :was_status AND #epoch = :was_epoch AND #takenBy = :was_takenBy";

fn lease(table: &Scripted) -> RunLease {
    RunLease {
        threads: table.threads(),
        key: key(),
        run_id: run_id(),
        owner: "me".to_owned(),
        epoch: 1,
        generation: 990,
    }
}

fn two_events() -> EventBatch {
    let event = |seq: u64| Arc::from(format!("{{\"seq\":{seq}}}"));
    EventBatch {
        first: 1,
        last: 2,
        events: vec![event(1), event(2)],
    }
}

/// Update of the run's row in the body of a transaction.
fn row_update(body: &Value) -> &Value {
    &body["TransactItems"][0]["Update"]
}

#[tokio::test]
async fn a_step_is_one_transaction_conditional_on_the_epoch() {
    let table = Scripted::with_responses([transacted()]).await;
    let message = Message::user(MessageId::trusted("u_1"), run_id(), "Well?");
    let events = two_events();
    let commit = Commit {
        messages: vec![(5, &message)],
        events: Some(&events),
        events_ttl: 4600,
        ..Commit::default()
    };
    let written = lease(&table).commit(&commit).await;
    assert_eq!(written.expect("a response"), Written::Done);

    assert_eq!(table.operations(), ["TransactWriteItems"]);
    let body = table.last_body();
    let update = row_update(&body);
    assert_eq!(update["ConditionExpression"], OWNED);
    assert_eq!(update["ExpressionAttributeValues"][":lastSeq"]["N"], "2");
    let put = |at: usize| &body["TransactItems"][at]["Put"]["Item"];
    assert_eq!(put(1)["item"]["S"], "MSG#990#00000005");
    assert_eq!(
        put(1)["ttl"],
        Value::Null,
        "a message lives as long as its thread"
    );
    assert_eq!(put(2)["item"]["S"], "LOG#r_1#00000001");
    assert!(put(2)["gzip"]["B"].is_string());
    let values = &update["ExpressionAttributeValues"];
    assert_eq!(
        (&values[":generation"]["N"], &values[":tip"]["N"]),
        (&json!("990"), &json!("5"))
    );
    let condition = &body["TransactItems"][1]["Put"]["ConditionExpression"];
    assert_eq!(condition, "attribute_not_exists(body)");
    assert_eq!(body["ClientRequestToken"].as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn a_conflict_and_an_unavailable_table_are_retried_under_one_token() {
    // The SDK itself retries a server error twice, and no conflict.
    let table = Scripted::with_responses([
        transaction_cancelled("TransactionConflict"),
        server_error(),
        server_error(),
        server_error(),
        transacted(),
    ])
    .await;
    let written = lease(&table).commit(&Commit::default()).await;
    assert_eq!(written.expect("a response"), Written::Done);
    let requests = table.requests().into_iter();
    let tokens: Vec<_> = requests
        .map(|(_, body)| body["ClientRequestToken"].clone())
        .collect();
    assert_eq!(tokens.len(), 5);
    assert!(tokens.iter().all(|token| token == &tokens[0]), "{tokens:?}");
}

#[tokio::test]
async fn a_write_of_the_row_alone_is_no_transaction() {
    let table = Scripted::with_responses([
        updated(&row(json!({}))),
        updated(&row(json!({}))),
        updated(&row(json!({}))),
    ])
    .await;
    let lease = lease(&table);
    lease.renew(1060, None).await.expect("a response");
    lease.set_gone_since(Some(NOW)).await.expect("a response");
    lease.give_back(Claim::Fresh).await.expect("a response");
    assert_eq!(table.operations(), ["UpdateItem"; 3]);
    let (_, renewal) = &table.requests()[0];
    assert_eq!(renewal["ConditionExpression"], OWNED);
    assert_eq!(renewal["UpdateExpression"], "SET #leaseUntil = :leaseUntil");
}

#[tokio::test]
async fn a_refused_write_is_lost_when_another_worker_owns_the_run() {
    let theirs = row(json!({ "epoch": { "N": "2" } }));
    let table = Scripted::with_responses([refused(Some(theirs))]).await;
    let written = lease(&table).renew(1060, None).await;
    assert_eq!(written.expect("a response"), Written::Lost);
}

#[tokio::test]
async fn only_the_row_of_the_same_claim_is_held() {
    let table = Scripted::with_responses([]).await;
    let lease = lease(&table);
    let read = |replaced: Value| -> RunRow {
        let mut row = json!({ "v": 2, "status": "running", "epoch": 1, "takenBy": "me",
            "onGone": "cancel", "messageId": "u_1", "startedAt": 0, "ttl": 0 });
        let fields = row.as_object_mut().expect("an object");
        fields.extend(replaced.as_object().cloned().unwrap_or_default());
        serde_json::from_value(row).expect("a row")
    };
    assert!(lease.holds(&read(json!({}))));
    assert!(!lease.holds(&read(json!({ "epoch": 2 }))));
    assert!(!lease.holds(&read(json!({ "status": "cancelled" }))));
    assert!(
        !lease.holds(&read(json!({ "takenBy": "another" }))),
        "a run of the same id that was started after this one was erased"
    );
}

#[tokio::test]
async fn a_step_is_lost_when_a_run_of_the_same_id_began_after_an_erasure() {
    let theirs =
        row(json!({ "takenBy": { "S": "another" }, "lastSeq": { "N": "9" }, "tip": { "N": "9" } }));
    let responses = [
        transaction_cancelled("ConditionalCheckFailed"),
        found(&theirs),
    ];
    let table = Scripted::with_responses(responses).await;
    let events = two_events();
    let commit = Commit {
        events: Some(&events),
        ..Commit::default()
    };
    let written = lease(&table).commit(&commit).await;
    assert_eq!(written.expect("a response"), Written::Lost);
}

#[tokio::test]
async fn a_renewal_whose_response_was_lost_is_done() {
    let renewed = row(json!({ "leaseUntil": { "N": "1060" } }));
    let table = Scripted::with_responses([refused(Some(renewed))]).await;
    let written = lease(&table).renew(1060, None).await;
    assert_eq!(written.expect("a response"), Written::Done);
}

/// Response to a transaction of which the item at this position was refused.
fn refused_at(position: usize, items: usize) -> Response {
    let mut reasons = vec![json!({ "Code": "None" }); items];
    reasons[position] = json!({ "Code": "ConditionalCheckFailed" });
    let (status, mut body) = transaction_cancelled("None");
    body["CancellationReasons"] = json!(reasons);
    (status, body)
}

fn message_item(message: &Message) -> Value {
    json!({ "body": { "S": json!(message).to_string() } })
}

#[tokio::test]
async fn a_message_never_replaces_that_of_another_run() {
    let prompt = Message::user(MessageId::trusted("u_1"), run_id(), "Well?");
    let theirs = Message::user(MessageId::trusted("u_1"), RunId::trusted("r_2"), "Well?");
    let commit = Commit {
        messages: vec![(5, &prompt)],
        ..Commit::default()
    };
    let store = async |stored: &Message| {
        let responses = [refused_at(1, 2), found(&message_item(stored))];
        let table = Scripted::with_responses(responses).await;
        lease(&table).commit(&commit).await
    };
    assert!(matches!(
        store(&theirs).await,
        Err(StoreError::MessageExists)
    ));
    let repeated = store(&prompt).await.expect("a response");
    assert_eq!(repeated, Written::Done, "an earlier request took effect");
}

#[tokio::test]
async fn a_message_stored_before_its_tool_calls_is_replaced() {
    let table = Scripted::with_responses([transacted()]).await;
    let message = Message::user(MessageId::trusted("u_1"), run_id(), "Well?");
    let commit = Commit {
        messages: vec![(5, &message), (6, &message)],
        replaces: Some(5),
        ..Commit::default()
    };
    lease(&table).commit(&commit).await.expect("a response");
    let body = table.last_body();
    let condition = |at: usize| body["TransactItems"][at]["Put"]["ConditionExpression"].clone();
    assert_eq!(condition(1), "attribute_exists(body)");
    assert_eq!(condition(2), "attribute_not_exists(body)");
}

#[tokio::test]
async fn a_reserved_message_id_gets_the_number_of_its_message() {
    let id = MessageId::trusted("u_1");
    let prompt = Message::user(id.clone(), run_id(), "Well?");
    let commit = Commit {
        messages: vec![(5, &prompt)],
        reserved_id: Some(&id),
        ..Commit::default()
    };
    let table = Scripted::with_responses([transacted()]).await;
    lease(&table).commit(&commit).await.expect("a response");
    let put = &table.last_body()["TransactItems"][2]["Put"];
    assert_eq!(put["Item"]["item"]["S"], "MID#990#u_1");
    assert_eq!(put["Item"]["number"]["N"], "5");
    assert_eq!(
        put["ConditionExpression"],
        "attribute_not_exists(runId) OR runId = :run"
    );

    let unstored = (200, json!({}));
    let table = Scripted::with_responses([refused_at(2, 3), unstored]).await;
    let refused = lease(&table).commit(&commit).await.expect_err("a refusal");
    assert!(matches!(refused, StoreError::MessageIdTaken));
    assert!(refused.permanent(), "the run cannot be answered");
}

#[tokio::test]
async fn a_write_that_dynamodb_refuses_for_good_is_not_repeated() {
    let too_large = json!({ "__type": "com.amazon.coral.validate#ValidationException",
        "message": "Item size has exceeded the maximum allowed size" });
    let cancelled = transaction_cancelled("ValidationError");
    for refusal in [(400, too_large), cancelled] {
        let table = Scripted::with_responses([refusal]).await;
        let error = lease(&table).commit(&Commit::default()).await;
        let error = error.expect_err("a refusal");
        assert!(error.permanent(), "{error}");
        let text = error.to_string();
        assert!(text.starts_with("TransactWriteItems was refused"), "{text}");
        assert_eq!(table.operations().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_end_that_is_already_stored_is_done() {
    let ended = row(json!({ "status": { "S": "finished" }, "lastSeq": { "N": "2" } }));
    let table = Scripted::with_responses([
        transaction_cancelled("ConditionalCheckFailed"),
        found(&ended),
    ])
    .await;
    let events = two_events();
    let commit = Commit {
        events: Some(&events),
        ..Commit::default()
    };
    let ended = lease(&table)
        .end(&commit, RunEnd::Finished, None, NOW)
        .await;
    assert_eq!(ended.expect("a response"), Ended::Done);
}

#[tokio::test]
async fn after_a_cancel_request_only_a_cancellation_ends_the_run() {
    let requested = row(json!({ "cancelRequested": { "S": "user" } }));
    let table = Scripted::with_responses([
        transaction_cancelled("ConditionalCheckFailed"),
        found(&requested),
        transacted(),
    ])
    .await;
    let (lease, commit) = (lease(&table), Commit::default());
    let ended = lease.end(&commit, RunEnd::Finished, None, NOW).await;
    assert_eq!(
        ended.expect("a response"),
        Ended::CancelRequested(CancelReason::User)
    );
    let cancelled = RunEnd::Cancelled(CancelReason::User);
    let ended = lease.end(&commit, cancelled, None, NOW).await;
    assert_eq!(ended.expect("a response"), Ended::Done);

    let requests = table.requests();
    let condition = |at: usize| row_update(&requests[at].1)["ConditionExpression"].clone();
    assert_eq!(
        condition(0),
        format!("{OWNED} AND attribute_not_exists(#cancelRequested)")
    );
    assert_eq!(condition(2), OWNED);
    let values = &row_update(&requests[2].1)["ExpressionAttributeValues"];
    assert_eq!(values[":reason"]["S"], "user");
}

#[tokio::test]
async fn an_end_is_lost_when_another_worker_owns_the_run() {
    let theirs = row(json!({ "epoch": { "N": "2" }, "cancelRequested": { "S": "user" } }));
    let table = Scripted::with_responses([
        transaction_cancelled("ConditionalCheckFailed"),
        found(&theirs),
    ])
    .await;
    let ended = lease(&table)
        .end(&Commit::default(), RunEnd::Finished, None, NOW)
        .await;
    assert_eq!(ended.expect("a response"), Ended::Lost);
}

#[tokio::test]
async fn a_hand_over_stores_the_cursor_of_every_subscriber() {
    let connection = ConnectionId::trusted("c_1");
    let subscribers =
        |after| BTreeMap::from([(connection.clone(), Cursor::new(after, Shape::default()))]);
    let (before, after) = (subscribers(0), subscribers(7));
    let moved = HandOver {
        before: &before,
        after: &after,
        wake_by: 1130,
    };
    let table = Scripted::with_responses([updated(&row(json!({})))]).await;
    let written = lease(&table).hand_over(moved, None).await;
    assert_eq!(written.expect("a response"), Written::Done);
    let update = table.last_body();
    let expression = update["UpdateExpression"].as_str().expect("an expression");
    assert!(expression.ends_with("REMOVE #takenBy"), "{expression}");
    let condition = update["ConditionExpression"].as_str().expect("a condition");
    assert!(
        condition.ends_with(
            "size(#attached) = :size_attached AND attribute_exists(#attached.#entry4) \
             AND attribute_not_exists(#attached.#entry4.#asked)"
        ),
        "{condition}"
    );
    assert_eq!(update["ExpressionAttributeNames"]["#entry4"], "c_1");
    let values = &update["ExpressionAttributeValues"];
    assert_eq!(values[":attached"]["M"]["c_1"]["M"]["after"]["N"], "7");
    assert_eq!(values.get(":restarts"), None, "no event is void");

    let table = Scripted::with_responses([updated(&row(json!({})))]).await;
    let cut = Cut { step: 3, keep: 12 };
    let written = lease(&table).hand_over(moved, Some(cut)).await;
    assert_eq!(written.expect("a response"), Written::Done);
    let body = table.last_body();
    let values = &body["ExpressionAttributeValues"];
    assert_eq!(values[":restarts"]["L"], json!([{ "N": "12" }]));
    assert_eq!(
        (&values[":lastSeq"]["N"], &values[":cut"]["N"]),
        (&json!("13"), &json!("3"))
    );
}

#[tokio::test]
async fn a_hand_over_fails_when_a_connection_subscribed_meanwhile() {
    let none = BTreeMap::new();
    let moved = HandOver {
        before: &none,
        after: &none,
        wake_by: 1130,
    };
    let hand_over = async |row: Value| {
        let responses = [refused(Some(row))];
        let table = Scripted::with_responses(responses).await;
        lease(&table).hand_over(moved, None).await
    };
    let written = hand_over(row(json!({}))).await;
    assert!(matches!(written, Err(StoreError::ConditionFailed)));
    let written = hand_over(row(json!({ "epoch": { "N": "2" } }))).await;
    assert_eq!(written.expect("a response"), Written::Lost);
}
