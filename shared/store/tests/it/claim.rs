use longwire_core::run::{RunRow, RunStatus};
use longwire_store::error::StoreError;
use longwire_store::threads::claim::{Claim, ClaimOutcome};
use longwire_store::threads::transition::Claimant;
use serde_json::{Value, json};

use super::scripted::{
    Response, Scripted, found, key, refused, row, run_id, server_error, updated,
};

const ME: Claimant<'_> = Claimant {
    id: "me",
    now: 1000,
    until: 1045,
};

async fn claim(table: &Scripted) -> ClaimOutcome {
    let outcome = table.threads().claim(&key(), &run_id(), ME).await;
    outcome.expect("a response")
}

async fn claimed(table: &Scripted) -> (RunRow, Claim) {
    match claim(table).await {
        ClaimOutcome::Claimed(row, claim) => (row, claim),
        other => panic!("the run is not claimed: {other:?}"),
    }
}

#[tokio::test]
async fn claiming_a_queued_run_takes_one_write() {
    let table = Scripted::with_responses([updated(&row(json!({})))]).await;
    let (row, claim) = claimed(&table).await;
    assert_eq!(
        (row.epoch, row.status, row.restarts.len(), claim),
        (1, RunStatus::Running, 0, Claim::Fresh)
    );
    assert_eq!(table.operations(), ["UpdateItem"]);
    let body = table.last_body();
    assert_eq!(
        body["ConditionExpression"],
        "#status = :was_status AND #wakeBy >= :least_wakeBy AND #v <= :most_v"
    );
    let values = &body["ExpressionAttributeValues"];
    assert_eq!(values[":least_wakeBy"]["N"], "1105");
    assert_eq!(values[":wakeBy"], Value::Null, "the index is not written");
}

#[tokio::test]
async fn a_run_that_waited_long_gets_a_later_deadline() {
    let waiting = row(json!({ "status": { "S": "queued" }, "wakeBy": { "N": "1010" } }));
    let claimed_row = updated(&row(json!({})));
    let table = Scripted::with_responses([refused(Some(waiting)), claimed_row]).await;
    let (_, claim) = claimed(&table).await;
    assert_eq!(claim, Claim::Fresh);
    let body = table.last_body();
    assert_eq!(
        body["ConditionExpression"],
        "#status = :was_status AND #v <= :most_v"
    );
    assert_eq!(body["ExpressionAttributeValues"][":wakeBy"]["N"], "1165");
}

#[tokio::test]
async fn a_run_with_a_valid_lease_is_not_claimed() {
    let held = row(json!({ "takenBy": { "S": "another" }, "leaseUntil": { "N": "1000" } }));
    let table = Scripted::with_responses([refused(Some(held))]).await;
    assert!(
        matches!(claim(&table).await, ClaimOutcome::Leased(_)),
        "a lease is valid to the end of its last second"
    );
    assert_eq!(table.operations(), ["UpdateItem"]);
}

#[tokio::test]
async fn an_ended_run_and_a_missing_one_have_different_outcomes() {
    let ended = row(json!({ "status": { "S": "cancelled" } }));
    let table = Scripted::with_responses([refused(Some(ended))]).await;
    let outcome = claim(&table).await;
    assert!(matches!(outcome, ClaimOutcome::Ended(row) if row.status == RunStatus::Cancelled));
    let table = Scripted::with_responses([refused(None)]).await;
    assert_eq!(claim(&table).await, ClaimOutcome::Missing);
}

#[tokio::test]
async fn a_claim_whose_response_was_lost_is_recognised_by_its_owner() {
    let table = Scripted::with_responses([server_error(), refused(Some(row(json!({}))))]).await;
    let (row, claim) = claimed(&table).await;
    assert_eq!((row.epoch, claim), (1, Claim::Fresh));
}

#[tokio::test]
async fn reclaiming_a_crashed_workers_run_records_the_restart() {
    let crashed = row(json!({
        "takenBy": { "S": "crashed" }, "leaseUntil": { "N": "900" }, "epoch": { "N": "3" }, "lastSeq": { "N": "7" }
    }));
    let reclaimed = row(
        json!({ "epoch": { "N": "4" }, "restarts": { "L": [{ "N": "7" }] }, "lastSeq": { "N": "8" } }),
    );
    let table = Scripted::with_responses([refused(Some(crashed)), updated(&reclaimed)]).await;
    let (row, claim) = claimed(&table).await;
    assert_eq!(
        (row.epoch, row.restarts.len(), row.last_seq, claim),
        (4, 1, 8, Claim::Reclaimed)
    );
    let body = table.last_body();
    let values = &body["ExpressionAttributeValues"];
    assert_eq!(
        body["ConditionExpression"],
        "#status = :was_status AND #epoch = :was_epoch AND #leaseUntil = :was_leaseUntil AND #lastSeq = :was_lastSeq AND #v <= :most_v"
    );
    assert_eq!(
        (&values[":was_epoch"]["N"], &values[":was_leaseUntil"]["N"]),
        (&json!("3"), &json!("900"))
    );
    assert_eq!(
        values[":was_lastSeq"]["N"], "7",
        "a step that was stored since would lose its events, and keep its messages"
    );
    assert_eq!(values[":restarts"]["L"], json!([{ "N": "7" }]));
    assert_eq!(values[":lastSeq"]["N"], "8");
}

#[tokio::test]
async fn a_run_that_another_worker_reclaims_first_is_leased() {
    let crashed = row(json!({ "takenBy": { "S": "crashed" }, "leaseUntil": { "N": "900" } }));
    let theirs = row(json!({ "takenBy": { "S": "another" }, "epoch": { "N": "2" } }));
    let table = Scripted::with_responses([refused(Some(crashed)), refused(Some(theirs))]).await;
    assert!(matches!(claim(&table).await, ClaimOutcome::Leased(row) if row.epoch == 2));
}

#[tokio::test]
async fn a_run_whose_slow_worker_stores_a_step_meanwhile_is_not_reclaimed() {
    let slow = json!({ "takenBy": { "S": "slow" }, "leaseUntil": { "N": "900" }, "lastSeq": { "N": "7" } });
    let mut advanced = row(slow.clone());
    advanced["lastSeq"] = json!({ "N": "40" });
    let table = Scripted::with_responses([refused(Some(row(slow))), refused(Some(advanced))]).await;
    assert!(matches!(claim(&table).await, ClaimOutcome::Leased(row) if row.last_seq == 40));
}

#[tokio::test]
async fn accepting_a_hand_over_records_no_restart() {
    let mut handed_over = row(json!({ "leaseUntil": { "N": "0" }, "lastSeq": { "N": "7" } }));
    handed_over
        .as_object_mut()
        .expect("a row")
        .remove("takenBy");
    let accepted = row(json!({ "epoch": { "N": "2" }, "lastSeq": { "N": "7" } }));
    let table = Scripted::with_responses([refused(Some(handed_over)), updated(&accepted)]).await;
    let (row, claim) = claimed(&table).await;
    assert_eq!(
        (row.restarts.len(), row.crashes, claim),
        (0, 0, Claim::HandedOver)
    );
    assert_eq!(
        table.last_body()["ConditionExpression"],
        "#status = :was_status AND attribute_not_exists(#takenBy) AND #v <= :most_v"
    );
}

#[tokio::test]
async fn a_row_of_a_newer_version_is_neither_claimed_nor_read() {
    let newer = row(json!({ "v": { "N": "3" }, "status": { "S": "queued" } }));
    let table = Scripted::with_responses([refused(Some(newer))]).await;
    let outcome = table.threads().claim(&key(), &run_id(), ME).await;
    assert!(
        matches!(outcome, Err(StoreError::Corrupt(_))),
        "{outcome:?}"
    );
    let body = table.last_body();
    assert_eq!(body["ExpressionAttributeValues"][":most_v"]["N"], "2");
}

#[tokio::test]
async fn an_unreadable_run_is_ended_unless_its_lease_is_valid() {
    let end = async |responses: Vec<Response>| {
        let table = Scripted::with_responses(responses).await;
        let ended = table
            .threads()
            .end_unreadable(&key(), &run_id(), 1000)
            .await;
        ended.expect("a response")
    };
    let status = |status: &str| found(&json!({ "status": { "S": status } }));
    assert!(end(vec![updated(&json!({}))]).await, "it is ended now");
    assert!(
        end(vec![refused(None), status("failed")]).await,
        "it had ended"
    );
    assert!(
        end(vec![refused(None), (200, json!({}))]).await,
        "it is missing"
    );
    assert!(
        !end(vec![refused(None), status("dreaming")]).await,
        "its lease is valid"
    );
}
