//! Operations of clients: starts, cancellations, `resume` requests and deletions.

use std::sync::Arc;

use longwire_core::ids::{ConnectionId, MessageId, RunId};
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_core::run::{CancelReason, Cursor};
use longwire_core::shape::{Format, Lines, Shape};
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::cancel::CancelOutcome;
use longwire_store::threads::record::{NewRun, Subscriber};
use longwire_store::threads::resume::ResumeOutcome;
use serde_json::Map;

use crate::environment::{Environment, THREAD_LIFE};
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::operation::{Operation, Process};
use crate::run_names::run_name;

/// Numbers of runs whose clients chose the same message id.
const SHARED_IDS: [usize; 2] = [2, 3];

/// Starts a run.
pub(crate) fn start(
    environment: &Arc<Environment>,
    run: &RunId,
    if_busy: IfBusy,
    supersede: bool,
    faults: Vec<Fault>,
) -> Operation {
    let injector = FaultInjector::new(
        environment,
        format!("start of {run}"),
        Order::AsSent,
        faults,
    );
    let scheduler = environment.scheduler(&injector);
    let new = new_run(environment, run, message_id(run), if_busy, supersede);
    let environment = Arc::clone(environment);
    environment.observations().start_sent(run);
    let future = Box::pin(async move {
        let started = scheduler.start(&new).await;
        environment
            .observations()
            .start_answered(&new.run_id, if_busy, &started);
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}

/// Cancels a run.
pub(crate) fn cancel(environment: &Arc<Environment>, run: RunId, faults: Vec<Fault>) -> Operation {
    let injector = FaultInjector::new(
        environment,
        format!("cancel of {run}"),
        Order::AsSent,
        faults,
    );
    let (threads, queue) = environment.clients(&injector);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let environment = Arc::clone(environment);
    let now = environment.now();
    let future = Box::pin(async move {
        let cancelled = threads
            .cancel(&environment.key, &run, CancelReason::User, now)
            .await;
        let asked = |outcome: &CancelOutcome| matches!(outcome, CancelOutcome::Ended(row) if row.pending.is_some());
        let asked = cancelled.as_ref().is_ok_and(asked);
        environment.observations().cancel_answered(&run, cancelled);
        if asked {
            let ended = scheduler.end_wait(&environment.key, &run, now).await;
            let ended = format!("the wait ended: {ended:?}");
            environment.observations().result("client", &ended);
        }
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}

/// Sends `resume` for a run on the connection of this number.
pub(crate) fn resume(
    environment: &Arc<Environment>,
    run: RunId,
    connection: usize,
    faults: Vec<Fault>,
) -> Operation {
    let injector = FaultInjector::new(
        environment,
        format!("resume of {run}"),
        Order::AsSent,
        faults,
    );
    let (threads, queue) = environment.clients(&injector);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let environment = Arc::clone(environment);
    let now = environment.now();
    let connection = ConnectionId::trusted(format!("c{connection}"));
    let cursor = Cursor {
        requested_at: environment.request_time(),
        ..Cursor::new(0, shape())
    };
    let future = Box::pin(async move {
        let key = &environment.key;
        let resumed = threads.resume(key, &run, &connection, cursor, 1, now).await;
        environment
            .observations()
            .resume_answered(&run, &connection, &resumed);
        if let Ok(ResumeOutcome::Subscribed(row, _, head)) = resumed {
            scheduler
                .wake_active(key, &run, &row, head.as_ref(), now)
                .await;
        }
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}

/// Deletes the thread.
pub(crate) fn delete(environment: &Arc<Environment>, faults: Vec<Fault>) -> Operation {
    let injector = FaultInjector::new(environment, "deletion".to_owned(), Order::AsSent, faults);
    let (threads, _) = environment.clients(&injector);
    let environment = Arc::clone(environment);
    let now = environment.request_time();
    let future = Box::pin(async move {
        let deleted = threads.delete_thread(&environment.key, now).await;
        environment
            .observations()
            .result("client", &format!("{deleted:?}"));
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}

/// Id of the user message of a run. Some runs have the same.
fn message_id(run: &RunId) -> MessageId {
    MessageId::trusted(if SHARED_IDS.map(run_name).contains(run) {
        "u-shared".to_owned()
    } else {
        format!("u-{run}")
    })
}

/// Run whose prompt has this id.
pub(crate) fn new_run(
    environment: &Environment,
    run: &RunId,
    message_id: MessageId,
    if_busy: IfBusy,
    supersede: bool,
) -> NewRun {
    let recorded_at = environment.request_time();
    NewRun {
        key: environment.key.clone(),
        run_id: run.clone(),
        message_id,
        reserves_id: true,
        prompt: format!("prompt of {run}"),
        context: Vec::new(),
        after: None,
        tools: Vec::new(),
        state: Map::new(),
        supersede,
        event: None,
        origin: Origin::User,
        reasoning: false,
        if_busy,
        on_gone: OnGone::Finish,
        notify: Notify::None,
        payer: None,
        subscriber: Some(Subscriber {
            connection: ConnectionId::trusted("c"),
            shape: shape(),
        }),
        now: recorded_at / 1000,
        recorded_at,
        life: THREAD_LIFE,
    }
}

/// Format of subscribers. The end of a run is not posted again to subscribers of this format.
pub(crate) fn shape() -> Shape {
    Shape {
        format: Format::Text,
        lines: Lines::One,
    }
}
