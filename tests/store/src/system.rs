//! System under test: the operations of a case, of which one executes at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use longwire_core::ids::RunId;

use crate::answers::answer;
use crate::attempt_plan::AttemptPlan;
use crate::environment::{Environment, Resources};
use crate::erase::erase;
use crate::fault::Fault;
use crate::ingest::{cancel, delete, resume, start};
use crate::operation::{Operation, Progress};
use crate::queue_messages::QueueMessage;
use crate::run_names::{following, run_name};
use crate::steer::steer;
use crate::sweep::sweep;
use crate::transition::Transition;
use crate::worker::deliver;

/// System under test.
pub(crate) struct System {
    /// State that the operations share.
    pub environment: Arc<Environment>,
    /// Operations whose processes are paused.
    paused: Vec<Operation>,
    /// Number of invocations of workers.
    invocations: usize,
    /// Run to which each text was sent first.
    texts: BTreeMap<usize, RunId>,
}

impl System {
    /// Creates a system with an empty thread, at `now` in seconds since 1970.
    pub(crate) fn new(resources: Resources, now: u64) -> Self {
        Self {
            environment: Arc::new(Environment::new(resources, now)),
            paused: Vec::new(),
            invocations: 0,
            texts: BTreeMap::new(),
        }
    }

    /// Tells whether an invariant was violated.
    pub(crate) fn has_violations(&self) -> bool {
        !self.environment.observations().violations.is_empty()
    }

    /// Plays a transition.
    pub(crate) async fn apply(&mut self, transition: Transition) {
        let environment = &self.environment;
        let line = format!("{transition:?}");
        environment.observations().trace_line(line);
        let operation = match transition {
            Transition::Start {
                run,
                if_busy,
                supersede,
                faults,
            } => start(environment, &run_name(run), if_busy, supersede, faults),
            Transition::Answer {
                call,
                choices,
                faults,
            } => match environment.observations().choose_call(call) {
                Some((call, asked)) => answer(environment, call, asked.approval, choices, faults),
                None => return,
            },
            Transition::Cancel {
                run,
                rounds,
                faults,
            } => cancel(environment, self.run_after(run, rounds), faults),
            Transition::Steer {
                text,
                run,
                rounds,
                faults,
            } => {
                let found = self.run_after(run, rounds);
                let run = self.texts.entry(text).or_insert(found).clone();
                steer(environment, text, run, faults)
            }
            Transition::Resume {
                run,
                rounds,
                connection,
                faults,
            } => resume(environment, self.run_after(run, rounds), connection, faults),
            Transition::Deliver {
                message,
                redelivery,
                plan,
                faults,
            } => match environment.choose_message(message, redelivery) {
                Some(message) => self.delivery(message, plan, faults),
                None => return,
            },
            Transition::Continue { operation, faults } => {
                return self.continue_operation(operation, faults).await;
            }
            Transition::Crash { operation } => return self.crash(operation),
            Transition::Wait(seconds) => return self.wait(seconds),
            Transition::Sweep { faults } => sweep(environment, faults),
            Transition::Delete { faults } => delete(environment, faults),
            Transition::Erase { record, faults } => match erase(environment, record, faults) {
                Some(erasure) => erasure,
                None => return,
            },
        };
        self.execute(operation).await;
    }

    /// Delivers a message to a new invocation of a worker.
    pub(crate) fn delivery(
        &mut self,
        message: QueueMessage,
        plan: AttemptPlan,
        faults: Vec<Fault>,
    ) -> Operation {
        self.invocations += 1;
        deliver(&self.environment, message, self.invocations, plan, faults)
    }

    /// Continues all paused operations, without further faults, until they finish.
    pub(crate) async fn continue_all(&mut self) {
        while !self.paused.is_empty() {
            self.continue_operation(0, Vec::new()).await;
        }
    }

    /// Moves the clock. Processes that are paused for longer than their timeout end.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.environment.advance_clock(seconds);
        let before = self.paused.len();
        self.paused
            .retain(|operation| operation.process.survives_pause(seconds));
        self.environment.observations().anything_lost |= self.paused.len() < before;
    }

    /// Executes an operation until it finishes or is interrupted.
    pub(crate) async fn execute(&mut self, operation: Operation) {
        match operation.execute().await {
            Progress::Paused(operation) => self.paused.push(operation),
            Progress::Hung(name) => {
                let violation = format!("{name} hangs");
                self.environment.observations().violation(violation);
            }
            Progress::Finished | Progress::Crashed => {}
        }
    }

    /// The run of this number, or the one that follows it after this number of rounds, as far as there are such.
    fn run_after(&self, run: usize, rounds: usize) -> RunId {
        let observations = self.environment.observations();
        let mut run = run_name(run);
        for _ in 0..rounds {
            let next = following(&run);
            if observations.snapshot.rows.contains_key(&next) {
                run = next;
            }
        }
        run
    }

    async fn continue_operation(&mut self, choice: usize, faults: Vec<Fault>) {
        if let Some(operation) = self.take_paused(choice) {
            self.trace_result(&operation, "continues");
            operation.injector.continue_with(faults);
            self.execute(operation).await;
        }
    }

    fn crash(&mut self, choice: usize) {
        if let Some(operation) = self.take_paused(choice) {
            self.trace_result(&operation, "crashes");
            self.environment.observations().anything_lost = true;
        }
    }

    fn take_paused(&mut self, choice: usize) -> Option<Operation> {
        let position = choice.checked_rem(self.paused.len())?;
        Some(self.paused.remove(position))
    }

    fn trace_result(&self, operation: &Operation, result: &str) {
        let name = &operation.injector.operation;
        self.environment.observations().result(name, result);
    }
}
