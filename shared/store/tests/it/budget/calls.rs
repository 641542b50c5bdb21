//! Model calls of a run: how the operations of the store begin and end.

use longwire_core::limits::Exhausted;
use longwire_store::error::StoreError;
use longwire_store::users::budget::{Amount, Reservation};
use rand::RngExt;

use super::choices;
use super::expected::{Check, Expected};
use super::reserving::Reserving;
use super::run::{Run, State};
use super::settling::Settling;
use super::world::World;

/// Time after the end of an invocation for which its reservations count, in seconds.
const GRACE: u64 = 60;

impl Run {
    /// Begins to reserve the model call, unless the invocation is over.
    pub(super) async fn reserve(&mut self, world: &mut World, expected: &Expected) -> State {
        let now = choices::worker_time(&mut world.rng, world.clock);
        if now >= self.ends {
            return State::Over;
        }
        self.faulty = world.rng.random_bool(0.1);
        let times = (now, self.ends + GRACE);
        State::Reserving(Reserving::start(world, expected, self.call(), self.amount, times).await)
    }

    /// Goes on after a reservation: calls the model, repeats a reservation that failed, or ends.
    pub(super) fn after_reservation(
        &mut self,
        world: &mut World,
        reserved: Result<Result<Reservation, Exhausted>, StoreError>,
    ) -> Check<State> {
        match reserved {
            Ok(Ok(reservation)) => {
                world.report.calls += 1;
                // A reservation that was repeated may have been made with its first amount.
                self.amount = reservation.amount;
                return Ok(State::Calling(reservation));
            }
            Ok(Err(_)) => return Ok(State::Over),
            Err(StoreError::ConditionFailed) => world.report.contended += 1,
            Err(StoreError::Unavailable(_)) => world.report.unavailable += 1,
            Err(error) => return Err(format!("{} was not reserved: {error}", self.call())),
        }
        self.amount = choices::amount(&mut world.rng, self.amount.prompts);
        let again = world.rng.random_bool(0.6);
        Ok(if again { State::Ready } else { State::Over })
    }

    /// Begins to settle the model call.
    pub(super) async fn settle(
        &mut self,
        world: &mut World,
        expected: &Expected,
        reservation: Reservation,
        spent: Amount,
    ) -> State {
        self.faulty = world.rng.random_bool(0.1);
        let settling = Settling::start(world, expected, self.call(), reservation, spent).await;
        State::Settling(settling, reservation, spent)
    }

    /// Decides whether a settlement is repeated.
    pub(super) fn is_repeated(world: &mut World, settled: bool) -> bool {
        let again = world.rng.random_bool(if settled { 0.1 } else { 0.5 });
        world.report.unavailable += u64::from(!settled);
        world.report.repeated_settlements += u64::from(again);
        again
    }

    /// Goes on with the next model call, or ends.
    pub(super) fn next_call(&mut self, world: &mut World, spent: Amount) -> State {
        if self.step == self.last_step {
            return State::Over;
        }
        self.step += 1;
        self.prompt_counted |= spent.prompts > 0;
        let prompts = u64::from(!self.prompt_counted);
        self.amount = choices::amount(&mut world.rng, prompts);
        State::Ready
    }

    fn call(&self) -> String {
        format!("{}#{}", self.name, self.step)
    }
}
