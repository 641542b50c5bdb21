//! What clients and the sweep do: starts, cancels, looking for what nobody moved.

use std::sync::Arc;

use longwire_core::ids::{ConnectionId, MessageId, RunId};
use longwire_core::options::{IfBusy, OnGone};
use longwire_core::run::{CancelReason, Cursor};
use longwire_core::shape::{Format, Lines, Shape};
use longwire_scheduler::Scheduler;
use longwire_store::threads::keys::open_part;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::resume::ResumeOutcome;

use crate::case::{Case, THREAD_TTL, run_name};
use crate::gate::Gate;
use crate::operation::{Operation, Process};
use crate::trouble::Trouble;

/// A client's prompt.
pub(crate) fn start(
    case: &Arc<Case>,
    run: &RunId,
    if_busy: IfBusy,
    troubles: Vec<Trouble>,
) -> Operation {
    let gate = Gate::new(case, format!("start of {run}"), false, troubles);
    let scheduler = case.scheduler(&gate);
    let new = new_run(case, run, if_busy);
    let case = Arc::clone(case);
    case.ledger().starts(run);
    let doing = Box::pin(async move {
        let started = scheduler.start(&new).await;
        case.ledger().started(&new.run_id, if_busy, &started);
    });
    Operation {
        process: Process::Ingest,
        gate,
        doing,
    }
}

/// A client's wish to stop a run.
pub(crate) fn cancel(case: &Arc<Case>, run: RunId, troubles: Vec<Trouble>) -> Operation {
    let gate = Gate::new(case, format!("cancel of {run}"), false, troubles);
    let (threads, _) = case.hands(&gate);
    let case = Arc::clone(case);
    let now = case.now();
    let doing = Box::pin(async move {
        let cancelled = threads
            .cancel(&case.key, &run, CancelReason::User, now)
            .await;
        case.ledger().cancelled(&run, cancelled);
    });
    Operation {
        process: Process::Ingest,
        gate,
        doing,
    }
}

/// A client's `resume` request, from a connection of this number.
pub(crate) fn resume(
    case: &Arc<Case>,
    run: RunId,
    connection: usize,
    troubles: Vec<Trouble>,
) -> Operation {
    let gate = Gate::new(case, format!("resume of {run}"), false, troubles);
    let (threads, queue) = case.hands(&gate);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let case = Arc::clone(case);
    let now = case.now();
    let connection = ConnectionId::trusted(format!("c{connection}"));
    let cursor = Cursor {
        requested_at: case.next_millisecond(),
        ..Cursor::new(0, shape())
    };
    let doing = Box::pin(async move {
        let resumed = threads
            .resume(&case.key, &run, &connection, cursor, 1)
            .await;
        case.ledger().resumed(&run, &connection, &resumed);
        if let Ok(ResumeOutcome::Subscribed(row, _)) = resumed {
            scheduler
                .wake_or_log(&case.key, &run, Some(&row), now)
                .await;
        }
    });
    Operation {
        process: Process::Ingest,
        gate,
        doing,
    }
}

/// A sweep, as `lambdas/sweep` makes it.
pub(crate) fn sweep(case: &Arc<Case>, troubles: Vec<Trouble>) -> Operation {
    let gate = Gate::new(case, "sweep".to_owned(), false, troubles);
    let (threads, queue) = case.hands(&gate);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let case = Arc::clone(case);
    let now = case.now();
    let doing = Box::pin(async move {
        let part = open_part(&run_name(0));
        let overdue = threads.overdue(&part, now).await.unwrap_or_default();
        for run in overdue {
            let moved = scheduler.move_overdue(&run, now).await;
            case.ledger()
                .tell("sweep", &format!("{}: {moved:?}", run.run_id));
        }
    });
    Operation {
        process: Process::Sweep,
        gate,
        doing,
    }
}

fn new_run(case: &Case, run: &RunId, if_busy: IfBusy) -> NewRun {
    NewRun {
        key: case.key.clone(),
        run_id: run.clone(),
        message_id: MessageId::trusted(format!("u-{run}")),
        prompt: format!("prompt of {run}"),
        context: Vec::new(),
        reasoning: false,
        if_busy,
        on_gone: OnGone::Finish,
        subscriber: ConnectionId::trusted("c"),
        shape: shape(),
        now: case.now(),
        thread_ttl: Some(THREAD_TTL),
    }
}

/// A format whose subscribers are not sent the end of a run again.
fn shape() -> Shape {
    Shape {
        format: Format::Text,
        lines: Lines::One,
    }
}
