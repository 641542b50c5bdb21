//! What a sequence is played on: the operations under way, one going on at a time.

use std::sync::Arc;

use crate::case::{Case, Place, run_name};
use crate::ingest::{cancel, resume, start, sweep};
use crate::operation::{Gone, Operation};
use crate::pool::Message;
use crate::transition::{Transition, Work};
use crate::trouble::Trouble;
use crate::worker::deliver;

/// The world of one sequence.
pub(crate) struct World {
    /// What the operations share.
    pub case: Arc<Case>,
    stopped: Vec<Operation>,
    invocations: usize,
}

impl World {
    /// A new thread, at `now` in seconds since 1970.
    pub(crate) fn new(place: Place, now: u64) -> Self {
        Self {
            case: Arc::new(Case::new(place, now)),
            stopped: Vec::new(),
            invocations: 0,
        }
    }

    /// Whether something did not hold.
    pub(crate) fn is_broken(&self) -> bool {
        !self.case.ledger().broken.is_empty()
    }

    /// Lets the next thing happen.
    pub(crate) async fn apply(&mut self, transition: Transition) {
        let told = format!("{transition:?}");
        self.case.ledger().story.push(told);
        let case = &self.case;
        match transition {
            Transition::Start {
                run,
                if_busy,
                troubles,
            } => {
                self.go(start(case, &run_name(run), if_busy, troubles))
                    .await;
            }
            Transition::Cancel { run, troubles } => {
                self.go(cancel(case, run_name(run), troubles)).await;
            }
            Transition::Resume {
                run,
                connection,
                troubles,
            } => {
                self.go(resume(case, run_name(run), connection, troubles))
                    .await;
            }
            Transition::Deliver {
                message,
                old,
                work,
                troubles,
            } => {
                let chosen = case.pool().choose(message, case.now(), old);
                if let Some(message) = chosen {
                    self.deliver(message, work, troubles).await;
                }
            }
            Transition::GoOn {
                operation,
                troubles,
            } => self.go_on(operation, troubles).await,
            Transition::Die { operation } => self.die(operation),
            Transition::Wait(seconds) => self.wait(seconds),
            Transition::Sweep { troubles } => self.go(sweep(case, troubles)).await,
        }
    }

    /// A worker gets a message.
    pub(crate) async fn deliver(&mut self, message: Message, work: Work, troubles: Vec<Trouble>) {
        self.invocations += 1;
        let delivery = deliver(&self.case, message, self.invocations, work, troubles);
        self.go(delivery).await;
    }

    /// Lets everything go on that stands still.
    pub(crate) async fn all_go_on(&mut self) {
        while !self.stopped.is_empty() {
            self.go_on(0, Vec::new()).await;
        }
    }

    /// Time passes, and who stood still too long is gone.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.case.wait(seconds);
        let before = self.stopped.len();
        self.stopped
            .retain(|operation| operation.process.survives(seconds));
        self.case.ledger().troubled |= self.stopped.len() < before;
    }

    /// Lets an operation go on for as long as it does.
    pub(crate) async fn go(&mut self, operation: Operation) {
        match operation.go().await {
            Gone::Stopped(operation) => self.stopped.push(operation),
            Gone::Hanging(name) => self.case.ledger().breaks(format!("{name} hangs")),
            Gone::Over | Gone::Dead => {}
        }
    }

    async fn go_on(&mut self, choice: usize, troubles: Vec<Trouble>) {
        if let Some(place) = choice.checked_rem(self.stopped.len()) {
            let operation = self.stopped.remove(place);
            self.case.ledger().tell(&operation.gate.name, "goes on");
            operation.gate.go_on(troubles);
            self.go(operation).await;
        }
    }

    fn die(&mut self, choice: usize) {
        if let Some(place) = choice.checked_rem(self.stopped.len()) {
            let operation = self.stopped.remove(place);
            let mut ledger = self.case.ledger();
            ledger.tell(&operation.gate.name, "dies");
            ledger.troubled = true;
        }
    }
}
