//! Sweep for overdue runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::keys::open_part;

use crate::environment::Environment;
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::operation::{Operation, Process};
use crate::run_names::run_name;

/// Sweeps the partitions of the index that list the runs of the case, as `lambdas/sweep` does.
pub(crate) fn sweep(environment: &Arc<Environment>, faults: Vec<Fault>) -> Operation {
    let injector = FaultInjector::new(environment, "sweep".to_owned(), Order::AsSent, faults);
    let (threads, queue) = environment.clients(&injector);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let environment = Arc::clone(environment);
    // The runs that texts start have ids of their own.
    let mut parts = BTreeSet::from([open_part(&run_name(0))]);
    parts.extend(
        environment
            .observations()
            .snapshot
            .rows
            .keys()
            .map(open_part),
    );
    let now = environment.now();
    let future = Box::pin(async move {
        for part in parts {
            let overdue = threads.overdue(&part, now).await.unwrap_or_default();
            for run in overdue {
                let moved = scheduler.move_overdue(&run, now).await;
                let result = format!("{:?}: {moved:?}", run.run_id);
                environment.observations().result("sweep", &result);
            }
        }
    });
    Operation {
        process: Process::Sweep,
        injector,
        future,
    }
}
