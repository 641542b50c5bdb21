//! `resume`: sends a run's lines again, and goes on.

use longwire_core::ids::RunId;
use longwire_core::job::{Job, Replay};
use longwire_core::run::{Cursor, RunRow, RunStatus};
use longwire_core::shape::Format;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::resume::Resume;
use longwire_protocol::response::Response;
use longwire_protocol::response::ack::{Ack, AckStatus, Action};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_protocol::response::resumed::{Resumed, ResumedStatus};
use longwire_store::connections::Connection;
use longwire_store::threads::resume::ResumeOutcome;

use crate::answer::{faulty, queue_failed};
use crate::handler::Call;
use crate::prompt::shape;
use crate::thread::{key, no_run};

/// Leaves the connection's place in the run's row, for its worker; for a run that has ended, sends a job.
pub(crate) async fn answer(
    call: &Call<'_>,
    id: Option<String>,
    connection: &Connection,
    format: Format,
    wish: Resume,
) -> Result<Response, ErrorResponse> {
    let key = key(connection, wish.thread_id);
    let run_id = match wish.run_id {
        Some(run_id) => run_id,
        None => match latest(call, &key).await? {
            Some(run_id) => run_id,
            None => return Ok(resumed(id, &key, None, wish.after, ResumedStatus::Idle)),
        },
    };
    let cursor = Cursor {
        requested_at: call.millis(),
        ..Cursor::new(wish.after, shape(connection, format))
    };
    let threads = &call.deps.threads;
    let found = threads.resume(&key, &run_id, &connection.connection, cursor, wish.epoch);
    match found.await.map_err(|fault| faulty(&fault))? {
        ResumeOutcome::Missing => Err(no_run(&key, Some(run_id))),
        ResumeOutcome::Ended(row, cursor) => {
            let replay = Replay {
                connection: connection.connection.clone(),
                cursor,
            };
            again(call, &key, &run_id, &row, replay).await?;
            Ok(resuming(id, key, run_id))
        }
        ResumeOutcome::Subscribed(row, _) => {
            let scheduler = &call.deps.scheduler;
            scheduler
                .wake_or_log(&key, &run_id, Some(&row), call.now())
                .await;
            Ok(match row.status {
                RunStatus::Queued => {
                    resumed(id, &key, Some(run_id), wish.after, ResumedStatus::Waiting)
                }
                RunStatus::Running
                | RunStatus::Finished
                | RunStatus::Failed
                | RunStatus::Cancelled => resuming(id, key, run_id),
            })
        }
    }
}

async fn latest(call: &Call<'_>, key: &ThreadKey) -> Result<Option<RunId>, ErrorResponse> {
    let meta = call.deps.threads.meta(key, call.now()).await;
    let meta = meta.map_err(|fault| faulty(&fault))?;
    // A thread of the version before this one does not say which run was last.
    Ok(meta.and_then(|meta| meta.latest.or_else(|| meta.run_queue.last().cloned())))
}

async fn again(
    call: &Call<'_>,
    key: &ThreadKey,
    run_id: &RunId,
    row: &RunRow,
    replay: Replay,
) -> Result<(), ErrorResponse> {
    let until = row.ended_at.unwrap_or_default() + call.deps.settings.replay.as_secs();
    if until < call.now() {
        let message = "The run ended too long ago for its lines to be sent again. Use `history`.";
        return Err(ErrorResponse {
            thread_id: Some(key.thread_id.clone()),
            run_id: Some(run_id.clone()),
            ..ErrorResponse::new(Code::ResumeExpired, message)
        });
    }
    let job = Job {
        replay: Some(replay),
        ..Job::new(key, run_id.clone())
    };
    let sent = call.deps.queue.send(&job).await;
    sent.map_err(|error| queue_failed(&error))
}

fn resuming(id: Option<String>, key: ThreadKey, run_id: RunId) -> Response {
    Response::Ack(Ack {
        id,
        action: Action::Resume,
        thread_id: key.thread_id,
        run_id,
        message_id: None,
        status: AckStatus::Resuming,
        position: None,
        duplicate: false,
    })
}

/// There is nothing to send yet.
fn resumed(
    id: Option<String>,
    key: &ThreadKey,
    run_id: Option<RunId>,
    after: u64,
    status: ResumedStatus,
) -> Response {
    Response::Resumed(Resumed {
        id,
        thread_id: key.thread_id.clone(),
        run_id,
        after,
        last: 0,
        status,
    })
}
