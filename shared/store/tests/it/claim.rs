use longwire_core::run::RunStatus;
use longwire_store::threads::claim::{Claim, ClaimOutcome};
use longwire_store::threads::transition::Claimant;
use serde_json::json;

use super::table::{Scripted, down, key, refused, row, run, updated};

const ME: Claimant<'_> = Claimant {
    id: "me",
    now: 1000,
    until: 1045,
};

async fn claim(table: &Scripted) -> ClaimOutcome {
    table
        .threads
        .claim(&key(), &run(), ME)
        .await
        .expect("the table answers")
}

#[tokio::test]
async fn a_queued_run_is_claimed_by_one_write() {
    let table = Scripted::answering([updated(&row(json!({})))]).await;
    let ClaimOutcome::Claimed(row, came) = claim(&table).await else {
        panic!("it was free")
    };
    assert_eq!(
        (row.epoch, row.status, row.restarts.len(), came),
        (1, RunStatus::Running, 0, Claim::Fresh)
    );
    let asked = table.asked();
    let [(operation, body)] = asked.as_slice() else {
        panic!("one write: {asked:?}")
    };
    assert_eq!(operation, "UpdateItem");
    assert_eq!(body["ConditionExpression"], "#status = :was_status");
    assert_eq!(body["ExpressionAttributeValues"][":wakeBy"]["N"], "1165");
}

#[tokio::test]
async fn a_run_with_a_live_lease_is_left_alone() {
    let held = row(json!({ "takenBy": { "S": "another" }, "leaseUntil": { "N": "1000" } }));
    let table = Scripted::answering([refused(Some(held))]).await;
    assert!(
        matches!(claim(&table).await, ClaimOutcome::Leased(_)),
        "a lease holds to the end of its last second"
    );
    assert_eq!(table.operations(), ["UpdateItem"]);
}

#[tokio::test]
async fn an_ended_run_and_a_missing_one_are_told_apart() {
    let table = Scripted::answering([refused(Some(row(
        json!({ "status": { "S": "cancelled" } }),
    )))])
    .await;
    assert!(
        matches!(claim(&table).await, ClaimOutcome::Ended(row) if row.status == RunStatus::Cancelled)
    );
    let table = Scripted::answering([refused(None)]).await;
    assert_eq!(claim(&table).await, ClaimOutcome::Missing);
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_known_again() {
    let table = Scripted::answering([down(), refused(Some(row(json!({}))))]).await;
    assert!(
        matches!(claim(&table).await, ClaimOutcome::Claimed(row, Claim::Fresh) if row.epoch == 1)
    );
}

#[tokio::test]
async fn a_dead_workers_run_is_taken_over_with_its_restart_recorded() {
    let dead = row(json!({
        "takenBy": { "S": "the dead one" }, "leaseUntil": { "N": "900" }, "epoch": { "N": "3" }, "lastSeq": { "N": "7" }
    }));
    let ours = row(
        json!({ "epoch": { "N": "4" }, "restarts": { "L": [{ "N": "7" }] }, "lastSeq": { "N": "8" } }),
    );
    let table = Scripted::answering([refused(Some(dead)), updated(&ours)]).await;
    let ClaimOutcome::Claimed(row, came) = claim(&table).await else {
        panic!("its owner is dead")
    };
    assert_eq!(
        (row.epoch, row.restarts.len(), row.last_seq, came),
        (4, 1, 8, Claim::Reclaimed)
    );
    let (_, body) = table.asked().pop().expect("it was asked");
    let values = &body["ExpressionAttributeValues"];
    assert_eq!(
        body["ConditionExpression"],
        "#status = :was_status AND #epoch = :was_epoch AND #leaseUntil = :was_leaseUntil"
    );
    assert_eq!(
        (&values[":was_epoch"]["N"], &values[":was_leaseUntil"]["N"]),
        (&json!("3"), &json!("900"))
    );
    assert_eq!(values[":restarts"]["L"], json!([{ "N": "7" }]));
    assert_eq!(values[":lastSeq"]["N"], "8");
}

#[tokio::test]
async fn of_two_who_take_over_one_has_it() {
    let dead = row(json!({ "takenBy": { "S": "the dead one" }, "leaseUntil": { "N": "900" } }));
    let theirs = row(json!({ "takenBy": { "S": "another" }, "epoch": { "N": "2" } }));
    let table = Scripted::answering([refused(Some(dead)), refused(Some(theirs))]).await;
    assert!(matches!(claim(&table).await, ClaimOutcome::Leased(row) if row.epoch == 2));
}

#[tokio::test]
async fn a_run_that_was_handed_over_is_taken_without_a_restart() {
    let mut free = row(json!({ "leaseUntil": { "N": "0" }, "lastSeq": { "N": "7" } }));
    free.as_object_mut().expect("a row").remove("takenBy");
    let ours = row(json!({ "epoch": { "N": "2" }, "lastSeq": { "N": "7" } }));
    let table = Scripted::answering([refused(Some(free)), updated(&ours)]).await;
    let ClaimOutcome::Claimed(row, came) = claim(&table).await else {
        panic!("nobody has it")
    };
    assert_eq!(
        (row.restarts.len(), row.crashes, came),
        (0, 0, Claim::HandedOver)
    );
    let (_, body) = table.asked().pop().expect("it was asked");
    assert_eq!(
        body["ConditionExpression"],
        "#status = :was_status AND attribute_not_exists(#takenBy)"
    );
}
