//! Sweep for overdue runs.

use std::sync::Arc;

use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::keys::open_part;

use crate::environment::Environment;
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::operation::{Operation, Process};
use crate::run_names::run_name;

/// Sweeps the partition of the index that lists the runs of the case, as `lambdas/sweep` does.
pub(crate) fn sweep(environment: &Arc<Environment>, faults: Vec<Fault>) -> Operation {
    let injector = FaultInjector::new(environment, "sweep".to_owned(), Order::AsSent, faults);
    let (threads, queue) = environment.clients(&injector);
    let scheduler = Scheduler::new(threads.clone(), queue);
    let environment = Arc::clone(environment);
    let now = environment.now();
    let future = Box::pin(async move {
        let part = open_part(&run_name(0));
        let overdue = threads.overdue(&part, now).await.unwrap_or_default();
        for run in overdue {
            let moved = scheduler.move_overdue(&run, now).await;
            let result = format!("{:?}: {moved:?}", run.run_id);
            environment.observations().result("sweep", &result);
        }
    });
    Operation {
        process: Process::Sweep,
        injector,
        future,
    }
}
