use longwire_core::run::CancelReason;
use longwire_core::run::RunStatus;
use longwire_store::error::StoreError;
use longwire_store::threads::cancel::CancelOutcome;
use serde_json::{Value, json};

use super::table::{Scripted, key, refused, row, run, updated};

async fn cancel(table: &Scripted) -> Result<CancelOutcome, StoreError> {
    let threads = &table.threads;
    threads
        .cancel(&key(), &run(), CancelReason::User, 1000)
        .await
}

fn standing(status: &str) -> Value {
    row(json!({ "status": { "S": status } }))
}

#[tokio::test]
async fn a_running_run_is_asked_and_its_first_reason_counts() {
    let asked = row(json!({ "cancelRequested": { "S": "superseded" } }));
    let table = Scripted::answering([updated(&asked)]).await;
    let CancelOutcome::Requested(row) = cancel(&table).await.expect("it answers") else {
        panic!("it runs")
    };
    assert_eq!(row.cancel_requested, Some(CancelReason::Superseded));
    let (_, body) = table.asked().pop().expect("it was asked");
    assert_eq!(body["ConditionExpression"], "#status = :was_status");
    assert_eq!(
        body["UpdateExpression"],
        "SET #cancelRequested = if_not_exists(#cancelRequested, :cancelRequested)"
    );
}

#[tokio::test]
async fn a_run_that_waits_never_begins() {
    let ended = row(json!({ "status": { "S": "cancelled" }, "reason": { "S": "user" } }));
    let table = Scripted::answering([refused(Some(standing("queued"))), updated(&ended)]).await;
    let CancelOutcome::WhileQueued(row) = cancel(&table).await.expect("it answers") else {
        panic!("it waits")
    };
    assert_eq!(
        (row.status, row.reason),
        (RunStatus::Cancelled, Some(CancelReason::User))
    );
    let (_, body) = table.asked().pop().expect("it was asked");
    assert_eq!(
        body["UpdateExpression"],
        "SET #status = :status, #endedAt = :endedAt, #reason = :reason REMOVE #wakeBy, #open"
    );
}

#[tokio::test]
async fn a_run_that_a_worker_takes_meanwhile_is_asked() {
    let (waits, runs) = (standing("queued"), standing("running"));
    let table = Scripted::answering([
        refused(Some(waits)),
        refused(Some(runs.clone())),
        updated(&runs),
    ])
    .await;
    let cancelled = cancel(&table).await.expect("it answers");
    assert!(matches!(cancelled, CancelOutcome::Requested(_)));
}

#[tokio::test]
async fn what_has_ended_stays_as_it_is() {
    let table = Scripted::answering([refused(Some(standing("finished")))]).await;
    let cancelled = cancel(&table).await.expect("it answers");
    assert!(matches!(cancelled, CancelOutcome::Ended(row) if row.status == RunStatus::Finished));
    let table = Scripted::answering([refused(None)]).await;
    assert_eq!(
        cancel(&table).await.expect("it answers"),
        CancelOutcome::Missing
    );
}
