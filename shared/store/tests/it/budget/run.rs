//! Run of a user: model calls one after another, each reserved before it and settled after it.

use longwire_store::users::budget::{Amount, Reservation};
use rand::RngExt;

use super::choices;
use super::expected::{Check, Expected};
use super::gate::Fate;
use super::reserving::Reserving;
use super::settling::Settling;
use super::world::World;

/// Run.
pub(super) struct Run {
    pub(super) name: String,
    /// Number of the model call.
    pub(super) step: u32,
    /// Number of the last model call.
    pub(super) last_step: u32,
    /// End of its invocation, in seconds since 1970.
    pub(super) ends: u64,
    pub(super) prompt_counted: bool,
    /// Amount to reserve for the model call.
    pub(super) amount: Amount,
    /// Calls may cost more than their reservations.
    pub(super) may_exceed: bool,
    /// Requests of the operation under way have faults.
    pub(super) faulty: bool,
    state: State,
}

/// State of a run.
pub(super) enum State {
    /// The next call is to be reserved.
    Ready,
    Reserving(Reserving),
    Calling(Reservation),
    Settling(Settling, Reservation, Amount),
    /// The run has ended, or its worker has crashed.
    Over,
}

impl Run {
    /// Makes a run that begins at `clock`.
    pub(super) fn new(world: &mut World, name: String, may_exceed: bool) -> Self {
        let (rng, clock) = (&mut world.rng, world.clock);
        world.report.runs += 1;
        Self {
            name,
            step: 1,
            last_step: rng.random_range(1..=4),
            ends: clock + rng.random_range(30..=400),
            prompt_counted: false,
            amount: choices::amount(rng, 1),
            may_exceed,
            faulty: false,
            state: State::Ready,
        }
    }

    /// Tells whether the run has ended or its worker has crashed.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Makes one step: begins an operation, or lets one request of it meet its fate.
    pub(super) async fn step(&mut self, world: &mut World, expected: &mut Expected) -> Check {
        if world.rng.random_bool(0.02) {
            world.report.crashes += 1;
            self.state = State::Over;
            return Ok(());
        }
        let state = std::mem::replace(&mut self.state, State::Over);
        self.state = match state {
            State::Ready => self.reserve(world, expected).await,
            State::Reserving(mut reserving) => {
                let fate = self.fate(world);
                match reserving.go_on(world, expected, fate).await? {
                    None => State::Reserving(reserving),
                    Some(reserved) => self.after_reservation(world, reserved)?,
                }
            }
            State::Calling(reservation) => {
                let spent = choices::spent(&mut world.rng, self.amount, self.may_exceed);
                self.settle(world, expected, reservation, spent).await
            }
            State::Settling(mut settling, reservation, spent) => {
                let fate = self.fate(world);
                match settling.go_on(world, expected, fate).await? {
                    None => State::Settling(settling, reservation, spent),
                    Some(settled) if Self::is_repeated(world, settled) => {
                        self.settle(world, expected, reservation, spent).await
                    }
                    Some(_) => self.next_call(world, spent),
                }
            }
            State::Over => State::Over,
        };
        Ok(())
    }

    fn fate(&self, world: &mut World) -> Fate {
        if !self.faulty {
            return Fate::Pass;
        }
        let fate = choices::fate(&mut world.rng);
        world.report.faults += u64::from(fate != Fate::Pass);
        fate
    }
}
