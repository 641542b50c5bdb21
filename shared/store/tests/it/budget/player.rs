//! One of the thousand users, with runs at the same time.

use futures::FutureExt;
use longwire_core::ids::UserId;
use longwire_store::users::budget::Amount;
use rand::RngExt;

use super::choices;
use super::dates::Day;
use super::expected::{Check, Expected};
use super::gate::Fate;
use super::operation::Operation;
use super::run::Run;
use super::world::World;

/// Most runs of a user at the same time.
const MOST_RUNS: usize = 3;

/// Least that a prompt takes.
pub(super) const LEAST: Amount = Amount {
    prompts: 1,
    tokens: 1,
    micros: 1,
};

/// User.
pub(super) struct Player {
    /// Calls may cost more than their reservations.
    may_exceed: bool,
    pub(super) expected: Expected,
    runs: Vec<Run>,
    last_run: u64,
}

impl Player {
    /// Makes the user of this number.
    pub(super) fn new(world: &mut World, number: u64) -> Self {
        world.report.users += 1;
        let user = UserId::trusted(format!("u_{number}"));
        Self {
            may_exceed: number % 2 == 1,
            expected: Expected::new(user, choices::limits(&mut world.rng)),
            runs: Vec::new(),
            last_run: 0,
        }
    }

    /// Tells whether no run is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds the name of the user to a violation.
    pub(super) fn name(&self, violation: &str) -> String {
        format!("{}: {violation}", self.expected.user)
    }

    /// Begins a run, or lets one make a step.
    pub(super) async fn step(&mut self, world: &mut World) -> Check {
        let at = world.rng.random_range(0..MOST_RUNS);
        if at < self.runs.len() {
            return self.step_of(world, at).await;
        }
        if world.rng.random_bool(0.3) {
            self.admit(world).await?;
        }
        self.last_run += 1;
        let name = format!("r_{}#i", self.last_run);
        self.runs.push(Run::new(world, name, self.may_exceed));
        Ok(())
    }

    /// Lets a run make a step, if one is under way.
    pub(super) async fn finish(&mut self, world: &mut World) -> Check {
        if self.is_idle() {
            return Ok(());
        }
        let at = world.rng.random_range(0..self.runs.len());
        self.step_of(world, at).await
    }

    /// Checks whether a prompt would be accepted.
    async fn admit(&self, world: &World) -> Check {
        let (users, user) = (world.users.clone(), self.expected.user.clone());
        let read = async move { users.spending(&user).await };
        let mut read = Operation::start(&world.emulator, read.boxed()).await;
        let progress = read.go_on(&world.emulator, Fate::Pass).await;
        let spending = progress.result.ok_or("a read is one request")?;
        let spending = spending.map_err(|error| error.to_string())?;
        let (now, expected) = (world.clock, &self.expected);
        let exhausted = spending.exhausted(&expected.limits, now);
        let expected = expected.exceeded(LEAST, expected.today.max(Day::of(now)), now);
        if exhausted != expected {
            return Err(format!("{exhausted:?} is exhausted, and not {expected:?}"));
        }
        Ok(())
    }

    async fn step_of(&mut self, world: &mut World, at: usize) -> Check {
        let run = &mut self.runs[at];
        run.step(world, &mut self.expected).await?;
        if run.is_over() {
            self.runs.swap_remove(at);
        }
        let excess = self.expected.excess()?;
        world.report.exceeded(excess, self.may_exceed);
        Ok(())
    }
}
