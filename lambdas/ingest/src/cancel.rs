//! `cancel`: stops a run.

use longwire_core::ids::RunId;
use longwire_core::run::CancelReason;
use longwire_protocol::request::cancel::Cancel;
use longwire_protocol::response::Response;
use longwire_protocol::response::ack::{Ack, AckStatus, Action};
use longwire_protocol::response::error::ErrorResponse;
use longwire_store::connections::Connection;
use longwire_store::threads::cancel::CancelOutcome;

use crate::answer::faulty;
use crate::handler::Call;
use crate::thread::{key, no_run};

/// Asks the run to stop and answers with `ack`. Any connection of the thread's owner may: the thread is
/// looked for among the owner's own.
pub(crate) async fn answer(
    call: &Call<'_>,
    id: Option<String>,
    connection: &Connection,
    cancel: Cancel,
) -> Result<Response, ErrorResponse> {
    let key = key(connection, cancel.thread_id);
    let threads = &call.deps.threads;
    let run_id: RunId = match cancel.run_id {
        Some(run_id) => run_id,
        None => {
            let meta = threads.meta(&key, call.now()).await;
            let meta = meta.map_err(|fault| faulty(&fault))?;
            let head = meta.and_then(|meta| meta.head().cloned());
            head.ok_or_else(|| no_run(&key, None))?
        }
    };
    let cancelled = threads
        .cancel(&key, &run_id, CancelReason::User, call.now())
        .await
        .map_err(|fault| faulty(&fault))?;
    let status = match cancelled {
        CancelOutcome::Requested(row) => {
            let scheduler = &call.deps.scheduler;
            scheduler
                .wake_or_log(&key, &run_id, Some(&row), call.now())
                .await;
            AckStatus::Cancelling
        }
        CancelOutcome::WhileQueued(row) | CancelOutcome::Ended(row) => AckStatus::of(row.status, 0),
        CancelOutcome::Missing => return Err(no_run(&key, Some(run_id))),
    };
    Ok(Response::Ack(Ack {
        id,
        action: Action::Cancel,
        thread_id: key.thread_id,
        run_id,
        message_id: None,
        status,
        position: None,
        duplicate: false,
    }))
}
