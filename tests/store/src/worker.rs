//! Delivery of a message to a worker. Claim, writes, hand-over and finish are those of the runner.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use longwire_core::job::Job;
use longwire_runner::delivery::Delivery;
use longwire_runner::error::AttemptError;
use longwire_runner::runner::Runner;
use longwire_runner::writer::Writer;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::agent_loop::AgentLoop;
use crate::attempt_plan::AttemptPlan;
use crate::environment::Environment;
use crate::fault::Fault;
use crate::fault_injector::FaultInjector;
use crate::operation::{Operation, Process};
use crate::queue_messages::QueueMessage;

/// Longer than a case takes.
const FOREVER: Duration = Duration::from_secs(24 * 3600);

/// Invocation of a worker with one message.
struct Worker {
    environment: Arc<Environment>,
    injector: Arc<FaultInjector>,
    runner: Runner,
    job: Job,
    /// Number of deliveries of the message, this one included.
    receives: u32,
    plan: AttemptPlan,
    /// Id of the invocation.
    invocation: String,
}

/// Delivers a message to the invocation of this number.
pub(crate) fn deliver(
    environment: &Arc<Environment>,
    message: QueueMessage,
    invocation: usize,
    plan: AttemptPlan,
    faults: Vec<Fault>,
) -> Operation {
    let QueueMessage {
        number,
        job,
        receives,
        ..
    } = message;
    let invocation = format!("worker {invocation}");
    let name = format!("{invocation} with message {number} ({})", job.run_id);
    let injector = FaultInjector::new(environment, name, plan.order, faults);
    let worker = Worker {
        environment: Arc::clone(environment),
        injector: Arc::clone(&injector),
        runner: environment.runner(&injector),
        job,
        receives,
        plan,
        invocation,
    };
    Operation {
        process: Process::Worker,
        injector,
        future: Box::pin(worker.receive(number)),
    }
}

impl Worker {
    /// Handles the message of this number. A message whose job fails is not deleted, so that it is delivered again.
    async fn receive(self, number: usize) {
        let handled = self.handle().await;
        let result = match &handled {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        let operation = &self.injector.operation;
        self.environment.observations().result(operation, &result);
        if handled.is_ok() {
            self.environment.queue_messages().delete(number);
        }
    }

    /// Claims the run, and executes the plan if the run is to be executed.
    async fn handle(&self) -> Result<(), AttemptError> {
        let delivery = Delivery {
            job: &self.job,
            message: None,
            receives: self.receives,
            invocation: &self.invocation,
            ends_at: SystemTime::now() + FOREVER,
        };
        let Some(attempt) = self.runner.claim(&delivery).await? else {
            return Ok(());
        };
        let claimed = self.injector.claimed.set(self.job.run_id.clone());
        claimed.expect("a delivery claims once");
        // The writer repeats a failed write until the lease expires. This expiry is in real time and has no relation to
        // the simulated one in the row.
        let lasts = if self.plan.retries_writes {
            FOREVER
        } else {
            Duration::ZERO
        };
        let (confirmed, lease) = watch::channel(Instant::now() + lasts);
        let (events, _notices) = attempt.events(lease);
        let agent_loop = AgentLoop {
            environment: &self.environment,
            plan: &self.plan,
            attempt: &attempt,
            writer: Writer::new(&attempt, confirmed),
            events: &events,
        };
        let executed = agent_loop.execute().await;
        events.stop().await;
        executed
    }
}
