//! Random choices.

use longwire_core::limits::UserLimits;
use longwire_store::users::budget::Amount;
use rand::RngExt;
use rand::rngs::StdRng;

use super::dates::Day;
use super::gate::Fate;

/// Largest difference between a worker's clock and the simulated one, in seconds.
const SKEW: u64 = 3;

/// Limits of a user: one to four of them.
pub(super) fn limits(rng: &mut StdRng) -> UserLimits {
    let mut some = |from: u64, to: u64| rng.random_bool(0.75).then(|| rng.random_range(from..=to));
    let limits = UserLimits {
        threads: None,
        prompts_per_day: some(2, 8),
        tokens_per_day: some(2_000, 8_000),
        tokens_per_month: some(4_000, 14_000),
        micros_per_month: some(15_000, 50_000),
    };
    if limits.limit_spending() {
        return limits;
    }
    UserLimits {
        tokens_per_day: Some(4_000),
        ..limits
    }
}

/// Amount to reserve for a call.
pub(super) fn amount(rng: &mut StdRng, prompts: u64) -> Amount {
    let tokens = rng.random_range(50..=1_500);
    Amount {
        prompts,
        tokens,
        micros: tokens * rng.random_range(1..=6),
    }
}

/// Cost of a call: nothing when it was not made, at most its reservation, or up to half of it more.
pub(super) fn spent(rng: &mut StdRng, reserved: Amount, may_exceed: bool) -> Amount {
    let percent = match rng.random_range(0..10) {
        0 => return Amount::default(),
        1..=3 => 100,
        4 if may_exceed => rng.random_range(101..=150),
        _ => rng.random_range(1..=100),
    };
    Amount {
        prompts: reserved.prompts,
        tokens: reserved.tokens * percent / 100,
        micros: reserved.micros * percent / 100,
    }
}

/// Fate of a request of an operation with faults.
pub(super) fn fate(rng: &mut StdRng) -> Fate {
    match rng.random_range(0..10) {
        0..=1 => Fate::Fail,
        2..=6 => Fate::LoseResponse,
        _ => Fate::Pass,
    }
}

/// Time of a worker whose clock is not exact.
pub(super) fn worker_time(rng: &mut StdRng, clock: u64) -> u64 {
    clock - SKEW + rng.random_range(0..=2 * SKEW)
}

/// Time after a short while: seconds, sometimes minutes, seldom hours.
pub(super) fn a_little_later(rng: &mut StdRng, clock: u64) -> u64 {
    clock
        + match rng.random_range(0..400) {
            0 => rng.random_range(3_600..20_000),
            1..=12 => rng.random_range(60..900),
            _ => rng.random_range(0..4),
        }
}

/// Time at which other users begin: hours later, often shortly before the end of a day, sometimes of a month.
pub(super) fn later(rng: &mut StdRng, clock: u64) -> u64 {
    let clock = clock + rng.random_range(600..20_000);
    let seconds = rng.random_range(0..200);
    match rng.random_range(0..12) {
        0 => Day::of(clock).next_month().start() - seconds,
        1..=4 => Day::of(clock).tomorrow().start() - seconds,
        _ => clock,
    }
}
