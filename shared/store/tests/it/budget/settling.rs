//! Settlement under way.

use futures::FutureExt;
use longwire_store::error::StoreError;
use longwire_store::users::budget::{Amount, Reservation};

use super::expected::{Check, Expected};
use super::gate::Fate;
use super::operation::Operation;
use super::world::World;

/// Settlement under way.
pub(super) struct Settling {
    operation: Operation<Result<(), StoreError>>,
    name: String,
    spent: Amount,
}

impl Settling {
    /// Starts a settlement.
    pub(super) async fn start(
        world: &World,
        expected: &Expected,
        name: String,
        reservation: Reservation,
        spent: Amount,
    ) -> Self {
        let (users, user) = (world.users.clone(), expected.user.clone());
        let settle = {
            let name = name.clone();
            async move { users.settle(&user, &name, &reservation, spent).await }
        };
        Self {
            operation: Operation::start(&world.emulator, settle.boxed()).await,
            name,
            spent,
        }
    }

    /// Lets its request meet a fate, and checks what follows. Returns whether it succeeded when it is the last one.
    pub(super) async fn go_on(
        &mut self,
        world: &mut World,
        expected: &mut Expected,
        fate: Fate,
    ) -> Check<Option<bool>> {
        let open = expected.open.get(&self.name).copied();
        let first = self.operation.requests() == 0 && fate == Fate::Pass;
        let ordinary = first && open.is_some_and(|open| open.day == expected.today);
        let progress = self.operation.go_on(&world.emulator, fate).await;
        if progress.took_effect {
            expected.settled(&self.name, self.spent)?;
            // A settlement releases no other reservation.
            world.observe(expected, 0)?;
            let (day, today) = (open.map_or(expected.today, |open| open.day), expected.today);
            world.report.settled_on_later_day += u64::from(day != today);
            world.report.settled_in_later_month += u64::from(day.month() != today.month());
        }
        world.report.ordinary_settlements += u64::from(ordinary);
        match progress.result {
            Some(Ok(())) if !progress.took_effect => {
                let late = expected.not_settled(&self.name)?;
                world.report.settled_after_release += u64::from(late);
                Ok(Some(true))
            }
            Some(Ok(())) => Ok(Some(true)),
            Some(Err(StoreError::Unavailable(_))) => Ok(Some(false)),
            Some(Err(error)) => Err(format!("{} was not settled: {error}", self.name)),
            None if ordinary => Err(format!("{} takes two requests", self.name)),
            None => Ok(None),
        }
    }
}
