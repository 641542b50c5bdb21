//! Texts that a client sends to runs, as the action `steer` of `lambdas/ingest` does.

use std::sync::Arc;

use longwire_core::ids::{MessageId, RunId};
use longwire_core::options::IfBusy;
use longwire_store::threads::steer::{NewText, SteerOutcome, prompt_run};

use crate::environment::Environment;
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::ingest::new_run;
use crate::operation::{Operation, Process};

/// Sends the text of this number to a run. A text for a run that has ended starts a run of its own.
pub(crate) fn steer(
    environment: &Arc<Environment>,
    text: usize,
    run: RunId,
    faults: Vec<Fault>,
) -> Operation {
    let name = format!("text {text} for {run}");
    let injector = FaultInjector::new(environment, name, Order::AsSent, faults);
    let scheduler = environment.scheduler(&injector);
    let (threads, _) = environment.clients(&injector);
    let environment = Arc::clone(environment);
    let now = environment.now();
    let message_id = MessageId::trusted(format!("s-{text}"));
    let future = Box::pin(async move {
        let new = NewText {
            message_id: &message_id,
            reserves_id: true,
            text: "…",
            now,
        };
        let key = &environment.key;
        let steered = threads.steer(key, &run, new).await;
        environment
            .observations()
            .steer_answered(&run, &message_id, &steered);
        match steered {
            Ok(SteerOutcome::Accepted(row, head)) => {
                scheduler
                    .wake_active(key, &run, &row, head.as_ref(), now)
                    .await;
            }
            Ok(SteerOutcome::Ended) => {
                let prompt = prompt_run(&run, &message_id);
                let new = new_run(&environment, &prompt, message_id, IfBusy::Queue, false);
                environment.observations().start_sent(&prompt);
                let started = scheduler.start(&new).await;
                environment
                    .observations()
                    .start_answered(&prompt, IfBusy::Queue, &started);
            }
            Ok(_) | Err(_) => {}
        }
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}
