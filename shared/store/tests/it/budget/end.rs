//! Checks of a user after all runs are over and all reservations have expired.

use longwire_core::limits::UserLimits;
use longwire_store::users::budget::{Amount, Reservation};

use super::dates::Day;
use super::expected::Check;
use super::gate::Fate;
use super::player::{LEAST, Player};
use super::reserving::Reserving;
use super::settling::Settling;
use super::world::World;

impl Player {
    /// Checks that the rest of the limits can be reserved, and no more; and that the next day begins with the totals of the
    /// month and without reservations.
    pub(super) async fn check_end(&mut self, world: &mut World) -> Check {
        let now = world.clock;
        let rest = self.expected.rest(Day::of(now), now);
        let reserved = self.reserve(world, "rest", rest, now).await?;
        if let Some(reservation) = reserved {
            if self.reserve(world, "more", LEAST, now).await?.is_some() {
                return Err("more than the limits can be reserved".to_owned());
            }
            self.settle(world, "rest", reservation).await?;
        }
        // Without limits nothing is refused, so that the expired reservations are released.
        self.expected.limits = UserLimits::default();
        let tomorrow = Day::of(now).tomorrow().start();
        let last = self.reserve(world, "last", Amount::default(), tomorrow);
        let last = last.await?.ok_or("a user without limits is refused")?;
        self.settle(world, "last", last).await?;
        self.expected.open.retain(|_, open| !open.released);
        match self.expected.open.len() {
            0 => Ok(()),
            open => Err(format!("{open} reservations are not released")),
        }
    }

    async fn reserve(
        &mut self,
        world: &mut World,
        name: &str,
        amount: Amount,
        now: u64,
    ) -> Check<Option<Reservation>> {
        let (name, times) = (name.to_owned(), (now, now + 60));
        let expected = &mut self.expected;
        let mut reserving = Reserving::start(world, expected, name, amount, times).await;
        loop {
            if let Some(reserved) = reserving.go_on(world, expected, Fate::Pass).await? {
                return Ok(reserved.map_err(|error| error.to_string())?.ok());
            }
        }
    }

    /// Settles a reservation for which nothing was spent.
    async fn settle(&mut self, world: &mut World, name: &str, reservation: Reservation) -> Check {
        let (name, spent) = (name.to_owned(), Amount::default());
        let expected = &mut self.expected;
        let mut settling = Settling::start(world, expected, name, reservation, spent).await;
        loop {
            if settling.go_on(world, expected, Fate::Pass).await?.is_some() {
                return Ok(());
            }
        }
    }
}
