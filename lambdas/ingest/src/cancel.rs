//! `cancel`: stops a run.

use shared::aws::connections::Connection;
use shared::aws::threads::cancel::Cancelled;
use shared::ids::RunId;
use shared::wire::client::cancel::Cancel;
use shared::wire::control::Control;
use shared::wire::control::ack::{Ack, AckStatus, Action};
use shared::wire::control::error::ErrorFrame;
use shared::wire::line::Reason;

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
) -> Result<Control, ErrorFrame> {
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
        .cancel(&key, &run_id, Reason::User, call.now())
        .await
        .map_err(|fault| faulty(&fault))?;
    let status = match cancelled {
        Cancelled::Asked(row) => {
            let woken = threads.wake(&call.deps.queue, &key, &run_id, Some(&row), call.now());
            if let Err(fault) = woken.await {
                tracing::warn!(run = %run_id, "an overdue run was not woken: {fault}");
            }
            AckStatus::Cancelling
        }
        Cancelled::Never(row) | Cancelled::Ended(row) => AckStatus::of(row.status, 0),
        Cancelled::Missing => return Err(no_run(&key, Some(run_id))),
    };
    Ok(Control::Ack(Ack {
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
