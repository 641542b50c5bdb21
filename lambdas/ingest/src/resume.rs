//! `resume`: sends a run's lines again, and goes on.

use shared::aws::connections::Connection;
use shared::aws::threads::keys::ThreadKey;
use shared::aws::threads::resume::Resumption;
use shared::ids::RunId;
use shared::job::{Job, Replay};
use shared::run::{Cursor, RunRow, Status};
use shared::wire::client::resume::Resume;
use shared::wire::control::Control;
use shared::wire::control::ack::{Ack, AckStatus, Action};
use shared::wire::control::error::{Code, ErrorFrame};
use shared::wire::control::resumed::{Resumed, Standing};
use shared::wire::shape::Format;

use crate::answer::faulty;
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
) -> Result<Control, ErrorFrame> {
    let key = key(connection, wish.thread_id);
    let run_id = match wish.run_id {
        Some(run_id) => run_id,
        None => match latest(call, &key).await? {
            Some(run_id) => run_id,
            None => return Ok(resumed(id, &key, None, wish.after, Standing::Idle)),
        },
    };
    let cursor = Cursor {
        asked: call.millis(),
        ..Cursor::new(wish.after, shape(connection, format))
    };
    let threads = &call.deps.threads;
    let found = threads.resume(&key, &run_id, &connection.connection, cursor, wish.epoch);
    match found.await.map_err(|fault| faulty(&fault))? {
        Resumption::Missing => Err(no_run(&key, Some(run_id))),
        Resumption::Ended(row, cursor) => {
            let replay = Replay {
                connection: connection.connection.clone(),
                cursor,
            };
            again(call, &key, &run_id, &row, replay).await?;
            Ok(resuming(id, key, run_id))
        }
        Resumption::Watching(row, _) => {
            let woken = threads.wake(&call.deps.queue, &key, &run_id, Some(&row), call.now());
            if let Err(fault) = woken.await {
                tracing::warn!(run = %run_id, "an overdue run was not woken: {fault}");
            }
            Ok(match row.status {
                Status::Queued => resumed(id, &key, Some(run_id), wish.after, Standing::Waiting),
                Status::Running | Status::Finished | Status::Failed | Status::Cancelled => {
                    resuming(id, key, run_id)
                }
            })
        }
    }
}

async fn latest(call: &Call<'_>, key: &ThreadKey) -> Result<Option<RunId>, ErrorFrame> {
    let meta = call.deps.threads.meta(key, call.now()).await;
    let meta = meta.map_err(|fault| faulty(&fault))?;
    // A thread of the version before this one does not say which run was last.
    Ok(meta.and_then(|meta| meta.latest.or_else(|| meta.line.last().cloned())))
}

async fn again(
    call: &Call<'_>,
    key: &ThreadKey,
    run_id: &RunId,
    row: &RunRow,
    replay: Replay,
) -> Result<(), ErrorFrame> {
    let until = row.ended_at.unwrap_or_default() + call.deps.settings.replay.as_secs();
    if until < call.now() {
        let message = "The run ended too long ago for its lines to be sent again. Use `history`.";
        return Err(ErrorFrame {
            thread_id: Some(key.thread_id.clone()),
            run_id: Some(run_id.clone()),
            ..ErrorFrame::new(Code::ResumeExpired, message)
        });
    }
    let job = Job {
        replay: Some(replay),
        ..Job::new(key.owner.clone(), key.thread_id.clone(), run_id.clone())
    };
    let sent = call.deps.queue.send(&job).await;
    sent.map_err(|fault| faulty(&fault))
}

fn resuming(id: Option<String>, key: ThreadKey, run_id: RunId) -> Control {
    Control::Ack(Ack {
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
    status: Standing,
) -> Control {
    Control::Resumed(Resumed {
        id,
        thread_id: key.thread_id.clone(),
        run_id,
        after,
        last: 0,
        status,
    })
}
