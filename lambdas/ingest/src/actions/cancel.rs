//! `cancel`: cancels a run.

use longwire_core::ids::RunId;
use longwire_core::run::CancelReason;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::cancel::Cancel;
use longwire_protocol::response::ack::{Ack, AckAction, AckStatus};
use longwire_store::threads::cancel::CancelOutcome;

use crate::call::Call;
use crate::failure::Failure;

/// Cancels a queued run, or requests the cancellation of an active one from its worker. For a run whose calls the client was
/// to make, ends the wait for them. Any connection of the thread's owner may do so.
pub(crate) async fn answer(call: &Call<'_>, cancel: Cancel) -> Result<Ack, Failure> {
    let key = call.key(cancel.thread_id);
    let run_id = match cancel.run_id {
        Some(run_id) => known(call, &key, run_id).await?,
        None => current(call, &key).await?,
    };
    let threads = &call.deps.threads;
    let outcome = threads.cancel(&key, &run_id, CancelReason::User, call.now());
    let status = match outcome.await? {
        CancelOutcome::Requested(row) => {
            call.scheduler()
                .wake_or_log(&key, &run_id, Some(&row), call.now())
                .await;
            AckStatus::Cancelling
        }
        CancelOutcome::Ended(row)
            if row.pending.is_some()
                && call.scheduler().end_wait(&key, &run_id, call.now()).await? =>
        {
            AckStatus::Cancelled
        }
        CancelOutcome::WhileQueued(row) | CancelOutcome::Ended(row) => AckStatus::of(row.status, 0),
        CancelOutcome::Missing => return Err(Failure::no_run(&key, Some(run_id))),
    };
    let id = call.id.clone();
    Ok(Ack::new(
        id,
        AckAction::Cancel,
        key.thread_id,
        run_id,
        status,
    ))
}

/// Returns the run if it belongs to the thread. A run of a deleted thread does not.
async fn known(call: &Call<'_>, key: &ThreadKey, run_id: RunId) -> Result<RunId, Failure> {
    match call.deps.threads.run(key, &run_id, call.now()).await? {
        Some(_) => Ok(run_id),
        None => Err(Failure::no_run(key, Some(run_id))),
    }
}

/// Returns the active run of the thread, or the one whose calls the client is to make.
async fn current(call: &Call<'_>, key: &ThreadKey) -> Result<RunId, Failure> {
    let meta = call.deps.threads.meta(key, call.now()).await?;
    let run = meta.and_then(|meta| match meta.pending {
        Some(pending) => Some(pending.run_id),
        None => meta.active().cloned(),
    });
    run.ok_or_else(|| Failure::no_run(key, None))
}
