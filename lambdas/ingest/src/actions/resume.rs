//! `resume`: subscribes the connection to a run, and sends it the events it is missing.

use std::time::Duration;

use longwire_core::connection_job::ConnectionJob;
use longwire_core::ids::RunId;
use longwire_core::run::{Cursor, RunRow, RunStatus};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::resume::{Resume, ResumeResponse};
use longwire_protocol::response::ack::{Ack, AckAction, AckStatus};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_protocol::response::resumed::{Resumed, ResumedStatus};
use longwire_store::connections::replays::{MAX_REPLAYS, ReplayRequested, replay_name};
use longwire_store::threads::resume::ResumeOutcome;

use crate::call::Call;
use crate::drain;
use crate::failure::{Failure, RETRY_AFTER, rate_limited, unknown_connection};

/// Writes the cursor of the connection to the run's row, where the worker of an unfinished run finds it. For a run
/// that has ended, requests a replay of its events. The events of the inbox follow, too.
pub(crate) async fn answer(call: &Call<'_>, resume: Resume) -> Result<ResumeResponse, Failure> {
    let device = call.connection.device_id.as_ref();
    let (response, ()) = tokio::join!(resume_run(call, resume), drain::request(call, device));
    response
}

async fn resume_run(call: &Call<'_>, resume: Resume) -> Result<ResumeResponse, Failure> {
    let key = call.key(resume.thread_id);
    let after = resume.after;
    let run_id = match resume.run_id {
        Some(run_id) => Some(run_id),
        None => latest(call, &key).await?,
    };
    let Some(run_id) = run_id else {
        return Ok(nothing_missing(call, key, None, after, ResumedStatus::Idle));
    };
    let connection = &call.connection.connection;
    let cursor = Cursor {
        requested_at: call.millis,
        ..Cursor::new(after, call.shape())
    };
    let threads = &call.deps.threads;
    let outcome = threads.resume(&key, &run_id, connection, cursor, resume.epoch, call.now());
    match outcome.await? {
        ResumeOutcome::Missing => Err(Failure::no_run(&key, Some(run_id))),
        ResumeOutcome::Ended(row, cursor) => {
            replay(call, &key, &run_id, &row, cursor).await?;
            Ok(resuming(call, key, run_id))
        }
        ResumeOutcome::Subscribed(row, _, head) => {
            call.scheduler()
                .wake_active(&key, &run_id, &row, head.as_ref(), call.now())
                .await;
            Ok(match row.status {
                RunStatus::Queued => {
                    let waiting = ResumedStatus::Waiting;
                    nothing_missing(call, key, Some(run_id), after, waiting)
                }
                RunStatus::Running
                | RunStatus::Finished
                | RunStatus::Failed
                | RunStatus::Cancelled => resuming(call, key, run_id),
            })
        }
    }
}

/// Returns the latest run of the thread.
async fn latest(call: &Call<'_>, key: &ThreadKey) -> Result<Option<RunId>, Failure> {
    let meta = call.deps.threads.meta(key, call.now()).await?;
    // A thread written by the previous version does not store its latest run.
    Ok(meta.and_then(|meta| meta.latest.or_else(|| meta.run_queue.last().cloned())))
}

/// Records in the row of the connection that it waits for the events of an ended run, and sends a connection job.
async fn replay(
    call: &Call<'_>,
    key: &ThreadKey,
    run_id: &RunId,
    row: &RunRow,
    cursor: Cursor,
) -> Result<(), Failure> {
    let until = row.ended_at.unwrap_or_default() + call.deps.settings.replay.as_secs();
    if until < call.now() {
        return Err(expired(key, run_id).into());
    }
    let connection = &call.connection.connection;
    let name = replay_name(&key.thread_id, run_id);
    let connections = &call.deps.connections;
    match connections
        .request_replay(connection, &name, cursor)
        .await?
    {
        ReplayRequested::Recorded => {}
        ReplayRequested::TooMany => return Err(too_many_replays().into()),
        ReplayRequested::Missing => return Err(unknown_connection().into()),
    }
    let job = ConnectionJob::new(connection.clone());
    Ok(call
        .deps
        .replays
        .send_connection(&job, Duration::ZERO)
        .await?)
}

fn too_many_replays() -> ErrorResponse {
    let message = format!("This connection waits for the events of {MAX_REPLAYS} runs already.");
    rate_limited(message, RETRY_AFTER)
}

fn expired(key: &ThreadKey, run_id: &RunId) -> ErrorResponse {
    let message = "The run ended too long ago for its lines to be sent again. Use `history`.";
    ErrorResponse {
        thread_id: Some(key.thread_id.clone()),
        run_id: Some(run_id.clone()),
        ..ErrorResponse::new(Code::ResumeExpired, message)
    }
}

fn resuming(call: &Call<'_>, key: ThreadKey, run_id: RunId) -> ResumeResponse {
    let (id, status) = (call.id.clone(), AckStatus::Resuming);
    ResumeResponse::Resuming(Ack::new(
        id,
        AckAction::Resume,
        key.thread_id,
        run_id,
        status,
    ))
}

/// Makes the response for a run that has no events yet, and for a thread without a run.
fn nothing_missing(
    call: &Call<'_>,
    key: ThreadKey,
    run_id: Option<RunId>,
    after: u64,
    status: ResumedStatus,
) -> ResumeResponse {
    ResumeResponse::Resumed(Resumed {
        id: call.id.clone(),
        thread_id: key.thread_id,
        run_id,
        after,
        last: 0,
        status,
        pending: None,
    })
}
