//! Reservation under way.

use futures::FutureExt;
use longwire_core::limits::Exhausted;
use longwire_store::error::StoreError;
use longwire_store::users::budget::{Amount, Reservation, Wanted};

use super::dates::Day;
use super::expected::{Check, Expected};
use super::gate::Fate;
use super::operation::Operation;
use super::world::World;

type Reserved = Result<Result<Reservation, Exhausted>, StoreError>;

/// Reservation under way.
pub(super) struct Reserving {
    operation: Operation<Reserved>,
    name: String,
    amount: Amount,
    now: u64,
    until: u64,
}

impl Reserving {
    /// Starts a reservation of the time `now`.
    pub(super) async fn start(
        world: &World,
        expected: &Expected,
        name: String,
        amount: Amount,
        (now, until): (u64, u64),
    ) -> Self {
        let (users, user) = (world.users.clone(), expected.user.clone());
        let limits = expected.limits;
        let reserve = {
            let name = name.clone();
            async move {
                let wanted = Wanted {
                    user: &user,
                    name: &name,
                    amount,
                    limits: &limits,
                    now,
                    until,
                };
                users.reserve(wanted).await
            }
        };
        Self {
            operation: Operation::start(&world.emulator, reserve.boxed()).await,
            name,
            amount,
            now,
            until,
        }
    }

    /// Lets its request meet a fate, and checks what follows. Returns the result when it is the last one.
    pub(super) async fn go_on(
        &mut self,
        world: &mut World,
        expected: &mut Expected,
        fate: Fate,
    ) -> Check<Option<Reserved>> {
        let ordinary = self.operation.requests() == 0
            && fate == Fate::Pass
            && expected.today == Day::of(self.now)
            && !expected.has_expired(self.now)
            && expected.exceeded(self.amount, expected.today, 0).is_none();
        let progress = self.operation.go_on(&world.emulator, fate).await;
        if progress.took_effect {
            // A later request releases others that have expired.
            if !expected.contains(&self.name) {
                expected.reserved(&self.name, self.amount, self.now, self.until)?;
            }
            world.observe(expected, self.now)?;
        }
        match &progress.result {
            Some(Ok(Ok(made))) => {
                let open = expected.open.get(&self.name);
                if open.map(|open| open.amount) != Some(made.amount) {
                    return Err(format!("{} was not reserved", self.name));
                }
            }
            Some(Ok(Err(exhausted))) => {
                expected.refused(self.amount, self.now, *exhausted)?;
                world.report.refused(exhausted.limit);
            }
            Some(Err(_)) => {}
            None if ordinary => return Err(format!("{} takes two requests", self.name)),
            None => {}
        }
        world.report.ordinary_reservations += u64::from(ordinary);
        Ok(progress.result)
    }
}
