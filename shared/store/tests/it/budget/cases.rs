//! Single cases of a budget.

use std::sync::Arc;

use longwire_core::ids::UserId;
use longwire_core::limits::{Exhausted, Limit, UserLimits};
use longwire_store::users::Users;
use longwire_store::users::budget::{Amount, Reservation, Wanted};

use super::emulator::Emulator;
use super::gate::{Fate, Gate};
use super::item;

/// 26 November 2026, 00:00.
const MIDNIGHT: u64 = 1_795_651_200;

fn user() -> UserId {
    UserId::trusted("u_7")
}

fn amount(tokens: u64) -> Amount {
    Amount {
        tokens,
        ..Amount::default()
    }
}

/// Reserves tokens of a day that has 1,000.
async fn reserve(
    users: &Users,
    name: &str,
    tokens: u64,
    now: u64,
) -> Result<Reservation, Exhausted> {
    let limits = UserLimits {
        tokens_per_day: Some(1_000),
        ..UserLimits::default()
    };
    let wanted = Wanted {
        user: &user(),
        name,
        amount: amount(tokens),
        limits: &limits,
        now,
        until: now + 900,
    };
    users.reserve(wanted).await.expect("a response")
}

async fn settle(users: &Users, name: &str, reservation: &Reservation, tokens: u64) {
    let (user, spent) = (user(), amount(tokens));
    let settled = users.settle(&user, name, reservation, spent).await;
    settled.expect("a response");
}

fn day_tokens(emulator: &Emulator) -> i64 {
    let item = item::read(emulator, &user());
    item.expect("the user has an item").day_tokens
}

#[tokio::test]
async fn a_request_of_yesterday_does_not_restart_the_day() {
    let users = Emulator::new().users();
    for (name, tokens, now) in [
        ("a", 500, MIDNIGHT + 1),
        // It was made before midnight, and arrives after another run's.
        ("b", 100, MIDNIGHT - 1),
    ] {
        let reserved = reserve(&users, name, tokens, now).await;
        assert!(reserved.is_ok(), "{reserved:?}");
    }
    let exhausted = Exhausted {
        limit: Limit::TokensPerDay,
        renews_at: MIDNIGHT + 24 * 3_600,
    };
    for now in [MIDNIGHT + 2, MIDNIGHT - 1] {
        let more = reserve(&users, "c", 401, now).await;
        assert_eq!(more, Err(exhausted));
    }
    assert!(reserve(&users, "c", 400, MIDNIGHT + 2).await.is_ok());
}

#[tokio::test]
async fn a_reservation_that_is_repeated_later_with_another_amount_is_the_first_one() {
    let emulator = Emulator::new();
    let users = emulator.users();
    let first = reserve(&users, "a", 500, MIDNIGHT - 1).await;
    let other = reserve(&users, "b", 100, MIDNIGHT + 1).await;
    let again = reserve(&users, "a", 300, MIDNIGHT + 2).await;
    assert_eq!((&again, other.is_ok()), (&first, true));
    settle(&users, "a", &again.expect("a reservation"), 0).await;
    assert_eq!(day_tokens(&emulator), 100);
}

#[tokio::test]
async fn a_settlement_that_is_repeated_or_comes_after_the_release_changes_nothing() {
    let emulator = Emulator::new();
    let users = emulator.users();
    let first = reserve(&users, "a", 600, MIDNIGHT).await;
    let first = first.expect("a reservation");
    let second = reserve(&users, "b", 900, MIDNIGHT + 900).await;
    assert!(second.is_ok(), "the first one has expired: {second:?}");
    settle(&users, "a", &first, 600).await;
    assert_eq!(day_tokens(&emulator), 900);
    for _ in 0..2 {
        settle(&users, "b", &second.expect("a reservation"), 50).await;
        assert_eq!(day_tokens(&emulator), 50);
    }
}

#[tokio::test]
async fn reservations_after_the_first_of_a_day_and_settlements_are_one_request_each() {
    let emulator = Emulator::new();
    let (users, gate) = (emulator.users(), Arc::new(Gate::default()));
    emulator.use_gate(&gate);
    let calls = async {
        let mut requests = Vec::new();
        let mut before = 0;
        for name in ["a", "b", "c"] {
            let reserved = reserve(&users, name, 300, MIDNIGHT).await;
            requests.push(gate.requests() - before);
            before = gate.requests();
            settle(&users, name, &reserved.expect("a reservation"), 200).await;
            requests.push(gate.requests() - before);
            before = gate.requests();
        }
        requests
    };
    let opened = async {
        loop {
            gate.arrival().await;
            gate.open(Fate::Pass);
        }
    };
    let requests = tokio::select! {
        requests = calls => requests,
        () = opened => Vec::new(),
    };
    assert_eq!(requests, [2, 1, 1, 1, 1, 1]);
}
