//! World of all users: table, clock, random numbers and report.

use longwire_store::users::Users;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::dates::SECONDS;
use super::emulator::Emulator;
use super::expected::{Check, Expected};
use super::item;
use super::report::Report;

/// 28 November 2026, 20:00.
const START: u64 = 1_795_896_000;

/// World of all users.
pub(super) struct World {
    pub(super) emulator: Emulator,
    pub(super) users: Users,
    /// Simulated time, in seconds since 1970.
    pub(super) clock: u64,
    pub(super) rng: StdRng,
    pub(super) report: Report,
}

impl World {
    /// Makes a world whose random choices depend on the seed alone.
    pub(super) fn new(seed: u64) -> Self {
        let emulator = Emulator::new();
        Self {
            users: emulator.users(),
            emulator,
            clock: START,
            rng: StdRng::seed_from_u64(seed),
            report: Report::default(),
        }
    }

    /// Number of days since the start.
    pub(super) fn days(&self) -> u64 {
        (self.clock - START) / SECONDS
    }

    /// Compares a user's item with what is expected after a write of the time `now`.
    pub(super) fn observe(&mut self, expected: &mut Expected, now: u64) -> Check {
        let item = item::read(&self.emulator, &expected.user).ok_or("the item is missing")?;
        let before = expected.open.values().filter(|open| open.released).count();
        expected.compare(&item, now)?;
        let after = expected.open.values().filter(|open| open.released).count();
        self.report.released += u64::try_from(after - before).expect("a small number");
        Ok(())
    }
}
