use longwire_core::run::{CancelReason, RunStatus};
use longwire_store::threads::cancel::CancelOutcome;
use serde_json::{Value, json};

use super::scripted::{Scripted, key, refused, row, run_id, server_error, updated};

async fn cancel(table: &Scripted) -> CancelOutcome {
    let (key, run_id) = (key(), run_id());
    let outcome = table
        .threads()
        .cancel(&key, &run_id, CancelReason::User, 1000)
        .await;
    outcome.expect("a response")
}

fn row_with_status(status: &str) -> Value {
    row(json!({ "status": { "S": status } }))
}

#[tokio::test]
async fn cancelling_a_running_run_keeps_the_first_reason() {
    let requested = row(json!({ "cancelRequested": { "S": "superseded" } }));
    let table = Scripted::with_responses([updated(&requested)]).await;
    let CancelOutcome::Requested(row) = cancel(&table).await else {
        panic!("the run is running")
    };
    assert_eq!(row.cancel_requested, Some(CancelReason::Superseded));
    let body = table.last_body();
    assert_eq!(body["ConditionExpression"], "#status = :was_status");
    assert_eq!(
        body["UpdateExpression"],
        "SET #cancelRequested = if_not_exists(#cancelRequested, :cancelRequested)"
    );
}

#[tokio::test]
async fn cancelling_a_queued_run_ends_it() {
    let ended = row(json!({ "status": { "S": "cancelled" }, "reason": { "S": "user" } }));
    let table =
        Scripted::with_responses([refused(Some(row_with_status("queued"))), updated(&ended)]).await;
    let CancelOutcome::WhileQueued(row) = cancel(&table).await else {
        panic!("the run is queued")
    };
    assert_eq!(
        (row.status, row.reason),
        (RunStatus::Cancelled, Some(CancelReason::User))
    );
    assert_eq!(
        table.last_body()["UpdateExpression"],
        "SET #status = :status, #endedAt = :endedAt, #reason = :reason REMOVE #wakeBy, #wakes, #open"
    );
}

#[tokio::test]
async fn cancelling_a_queued_run_succeeds_when_the_response_is_lost() {
    let ended = row_with_status("cancelled");
    // The first request of the second write takes effect, although its response is an error.
    let table = Scripted::with_responses([
        refused(Some(row_with_status("queued"))),
        server_error(),
        refused(Some(ended)),
    ])
    .await;
    assert!(matches!(
        cancel(&table).await,
        CancelOutcome::WhileQueued(_)
    ));
}

#[tokio::test]
async fn cancelling_a_run_that_is_claimed_meanwhile_requests_it_from_the_worker() {
    let (queued, running) = (row_with_status("queued"), row_with_status("running"));
    let table = Scripted::with_responses([
        refused(Some(queued)),
        refused(Some(running.clone())),
        updated(&running),
    ])
    .await;
    assert!(matches!(cancel(&table).await, CancelOutcome::Requested(_)));
}

#[tokio::test]
async fn cancelling_an_ended_or_a_missing_run_changes_nothing() {
    let table = Scripted::with_responses([refused(Some(row_with_status("finished")))]).await;
    let cancelled = cancel(&table).await;
    assert!(matches!(cancelled, CancelOutcome::Ended(row) if row.status == RunStatus::Finished));
    let table = Scripted::with_responses([refused(None)]).await;
    assert_eq!(cancel(&table).await, CancelOutcome::Missing);
}
