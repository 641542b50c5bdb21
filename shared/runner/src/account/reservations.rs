//! Reservations of an attempt that are not settled.

use std::collections::BTreeMap;

use longwire_store::users::budget::{Amount, Reservation};

/// Reservations of an attempt that are not settled.
#[derive(Default)]
pub(super) struct Reservations {
    /// Reservation that was made beside the claim, until a step takes it over.
    prepaid: Option<Held>,
    /// Reservations by step. A step has further ones when its request is larger than was estimated.
    held: BTreeMap<u32, Vec<Held>>,
    /// Estimated tokens of the last request.
    last_request: Option<u64>,
    /// Number of reservations that were made.
    made: u32,
    /// Set when this attempt or an earlier one has booked the prompt.
    prompt_booked: bool,
}

/// Reservation that is not settled, with the name under which it is stored.
#[derive(Debug, PartialEq)]
pub(super) struct Held {
    pub(super) name: String,
    pub(super) reservation: Reservation,
}

impl Reservations {
    /// Notes whether an earlier attempt has booked the prompt.
    pub(super) fn set_prompt_booked(&mut self, booked: bool) {
        self.prompt_booked = booked;
    }

    /// Number of reservations that were made.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// Counts a reservation that was made.
    pub(super) fn count(&mut self) {
        self.made += 1;
    }

    /// Adds the reservation that was made beside the claim.
    pub(super) fn prepay(&mut self, held: Held) {
        self.prepaid = Some(held);
    }

    /// Begins the call of a step, with a request of some `tokens`. The first one takes over the reservation that was made
    /// beside the claim.
    pub(super) fn begin(&mut self, step: u32, tokens: u64) {
        self.last_request = Some(tokens);
        if let Some(prepaid) = self.prepaid.take() {
            self.hold(step, prepaid);
        }
    }

    /// Estimated tokens of the last request; `None` before the first one.
    pub(super) fn last_request(&self) -> Option<u64> {
        self.last_request
    }

    /// Adds a reservation of a step.
    pub(super) fn hold(&mut self, step: u32, held: Held) {
        self.held.entry(step).or_default().push(held);
    }

    /// Part of `most`, the most that the call of a step may cost, that is not reserved; `None` when all of it is. The prompt
    /// is part of the first call.
    pub(super) fn missing(&self, step: u32, most: Amount) -> Option<Amount> {
        let has_prompt = |held: &Held| held.reservation.amount.prompts > 0;
        let prompt_held = self.held.values().flatten().any(has_prompt);
        let most = Amount {
            prompts: u64::from(!self.prompt_booked && !prompt_held),
            ..most
        };
        let held = self.held.get(&step).into_iter().flatten();
        let missing = held.fold(most, |rest, held| rest.without(held.reservation.amount));
        (missing != Amount::default()).then_some(missing)
    }

    /// Removes the reservations of a step.
    pub(super) fn remove(&mut self, step: u32) -> Vec<Held> {
        self.held.remove(&step).unwrap_or_default()
    }

    /// Removes all reservations: the one that no step took over, and those of each step.
    pub(super) fn remove_all(&mut self) -> (Option<Held>, Vec<Vec<Held>>) {
        let held = std::mem::take(&mut self.held);
        (self.prepaid.take(), held.into_values().collect())
    }

    /// Number of prompts that the next booking contains: 1 for the first one of a run.
    pub(super) fn book_prompt(&mut self) -> u64 {
        u64::from(!std::mem::replace(&mut self.prompt_booked, true))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    const PREPAID: Amount = Amount {
        prompts: 1,
        tokens: 100,
        micros: 10,
    };

    fn held(amount: Amount) -> Held {
        let reservation = json!({
            "amount": { "p": amount.prompts, "t": amount.tokens, "m": amount.micros },
            "dates": { "d": 20_261_126, "mo": 202_611 },
            "until": 1,
        });
        Held {
            name: "r_1#a#0".to_owned(),
            reservation: from_value(reservation).expect("a reservation"),
        }
    }

    fn prepaid() -> Reservations {
        let mut reservations = Reservations::default();
        reservations.prepay(held(PREPAID));
        reservations.begin(1, 50);
        reservations
    }

    fn most(tokens: u64, micros: u64) -> Amount {
        Amount {
            prompts: 0,
            tokens,
            micros,
        }
    }

    #[test]
    fn the_first_step_reserves_only_what_was_not_estimated() {
        assert_eq!(prepaid().missing(1, most(100, 9)), None);
        let missing = prepaid().missing(1, most(130, 9));
        assert_eq!(missing, Some(most(30, 0)));
    }

    #[test]
    fn the_prompt_is_reserved_once_and_booked_once() {
        let mut without = Reservations::default();
        assert_eq!(without.missing(1, most(100, 10)), Some(PREPAID));
        without.hold(1, held(PREPAID));
        assert_eq!(without.missing(1, most(100, 10)), None);
        assert_eq!(without.missing(2, most(5, 1)), Some(most(5, 1)));
        assert_eq!((without.book_prompt(), without.book_prompt()), (1, 0));
        without.remove(1);
        assert_eq!(without.missing(2, most(5, 1)), Some(most(5, 1)));
    }

    #[test]
    fn a_prompt_that_an_earlier_attempt_booked_is_not_reserved() {
        let mut reservations = Reservations::default();
        reservations.set_prompt_booked(true);
        assert_eq!(reservations.missing(3, most(5, 1)), Some(most(5, 1)));
        assert_eq!(reservations.book_prompt(), 0);
    }

    #[test]
    fn a_reservation_that_no_step_took_over_is_removed_by_itself() {
        let mut reservations = Reservations::default();
        reservations.prepay(held(PREPAID));
        reservations.hold(2, held(most(1, 1)));
        let all = (Some(held(PREPAID)), vec![vec![held(most(1, 1))]]);
        assert_eq!(reservations.remove_all(), all);
        assert_eq!(reservations.remove_all(), (None, vec![]));
    }
}
