//! Decisions about a run's subscribers: who is new, who left, and what follows from it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use longwire_core::ids::ConnectionId;
use longwire_core::options::OnGone;
use longwire_core::run::{Cursor, RunRow};
use tokio::time::Instant;

/// Subscribers of a run, as far as this worker knows.
#[derive(Debug)]
pub(crate) struct Supervision {
    on_gone: OnGone,
    /// Present subscribers.
    present: BTreeSet<ConnectionId>,
    /// Every connection that ever subscribed, with the `requested_at` of its cursor: the row keeps those that left.
    known: BTreeMap<ConnectionId, u64>,
    /// Time since which the run has no subscriber, in seconds since 1970, under a policy with a grace period.
    gone_since: Option<u64>,
    /// Time at which the run is cancelled unless a subscriber comes back.
    grace_deadline: Option<Instant>,
    /// Set when the run has no subscriber under a policy that cancels it at once.
    abandoned: bool,
}

impl Supervision {
    /// Starts with the subscribers that are attached at the start of an attempt, at `now` in seconds since 1970.
    pub(crate) fn new(row: &RunRow, attached: &BTreeMap<ConnectionId, Cursor>, now: u64) -> Self {
        let mut state = Self {
            on_gone: row.on_gone,
            present: BTreeSet::new(),
            known: BTreeMap::new(),
            gone_since: row.gone_since,
            grace_deadline: None,
            abandoned: false,
        };
        for (id, cursor) in attached {
            state.attached(id.clone(), *cursor);
        }
        if state.present.is_empty() {
            // The last subscriber may have left while the worker before this one handed the run over.
            state.without_subscribers(now);
        }
        state
    }

    /// Present subscribers.
    pub(crate) fn present(&self) -> &BTreeSet<ConnectionId> {
        &self.present
    }

    /// Every connection that ever subscribed, with the `requested_at` of its cursor.
    pub(crate) fn known(&self) -> &BTreeMap<ConnectionId, u64> {
        &self.known
    }

    /// Time since which the run has no subscriber, for the row.
    pub(crate) fn gone_since(&self) -> Option<u64> {
        self.gone_since
    }

    /// Time at which the run is cancelled unless a subscriber comes back.
    pub(crate) fn grace_deadline(&self) -> Option<Instant> {
        self.grace_deadline
    }

    /// Tells whether the run is to be cancelled because its last subscriber left.
    pub(crate) fn abandoned(&self) -> bool {
        self.abandoned
    }

    /// Subscribers of the row that are not attached yet, or that sent `resume` again.
    pub(crate) fn to_attach(
        &self,
        subscribers: &BTreeMap<ConnectionId, Cursor>,
    ) -> Vec<(ConnectionId, Cursor)> {
        let new = |(id, cursor): &(&ConnectionId, &Cursor)| {
            self.known.get(*id) != Some(&cursor.requested_at)
        };
        let new = subscribers.iter().filter(new);
        new.map(|(id, cursor)| (id.clone(), *cursor)).collect()
    }

    /// Records a subscriber, once it is attached to the stream. Only a control read tells whether its connection
    /// exists: after a crash the row still lists subscribers that left.
    pub(crate) fn attached(&mut self, id: ConnectionId, cursor: Cursor) {
        self.known.insert(id.clone(), cursor.requested_at);
        self.present.insert(id);
    }

    /// Ends a grace period when a control read has found the connection of a subscriber.
    pub(crate) fn confirm_present(&mut self) {
        if !self.present.is_empty() {
            self.gone_since = None;
            self.grace_deadline = None;
        }
    }

    /// Records that a subscriber left at `now`, in seconds since 1970.
    pub(crate) fn left(&mut self, id: &ConnectionId, now: u64) {
        if self.present.remove(id) && self.present.is_empty() {
            self.without_subscribers(now);
        }
    }

    /// Applies the policy of a run without subscribers. A grace period that began before, in this worker or in an
    /// earlier one, continues.
    fn without_subscribers(&mut self, now: u64) {
        match self.on_gone {
            OnGone::Cancel => self.abandoned = true,
            OnGone::Grace(seconds) => {
                let since = self.gone_since.unwrap_or(now);
                let left = (since + u64::from(seconds)).saturating_sub(now);
                self.grace_deadline = Some(Instant::now() + Duration::from_secs(left));
                self.gone_since = Some(since);
            }
            OnGone::Finish => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::shape::Shape;
    use serde_json::json;

    use super::*;
    use crate::attempt::tests::row;

    const NOW: u64 = 5000;

    fn id(name: &str) -> ConnectionId {
        ConnectionId::trusted(name)
    }

    fn cursors(places: &[(&str, u64)]) -> BTreeMap<ConnectionId, Cursor> {
        let cursor = |requested_at| Cursor {
            requested_at,
            ..Cursor::new(0, Shape::default())
        };
        let cursors = places.iter();
        cursors
            .map(|(name, requested_at)| (id(name), cursor(*requested_at)))
            .collect()
    }

    fn supervision(on_gone: &str, attached: &[(&str, u64)]) -> Supervision {
        let row = row(&json!({ "onGone": on_gone }));
        Supervision::new(&row, &cursors(attached), NOW)
    }

    #[test]
    fn only_new_subscribers_and_new_resume_requests_are_attached() {
        let mut state = supervision("cancel", &[("a", 0), ("b", 7)]);
        let row = cursors(&[("a", 0), ("b", 9), ("c", 0)]);
        let attach = state.to_attach(&row);
        let names: Vec<_> = attach.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(names, ["b", "c"]);
        for (id, cursor) in attach {
            state.attached(id, cursor);
        }
        assert!(state.to_attach(&row).is_empty());
    }

    #[test]
    fn a_subscriber_that_left_is_not_attached_again_by_the_row() {
        let mut state = supervision("finish", &[("a", 0)]);
        state.left(&id("a"), NOW);
        assert!(state.to_attach(&cursors(&[("a", 0)])).is_empty());
        assert_eq!(state.to_attach(&cursors(&[("a", 5)])).len(), 1, "resumed");
        assert!(!state.abandoned(), "the run continues to its end");
    }

    #[test]
    fn the_last_subscriber_that_leaves_cancels_the_run() {
        let mut state = supervision("cancel", &[("a", 0), ("b", 0)]);
        state.left(&id("a"), NOW);
        assert!(!state.abandoned());
        state.left(&id("b"), NOW);
        assert!(state.abandoned());
        assert_eq!(state.gone_since(), None);
    }

    #[test]
    fn a_run_without_subscribers_at_its_start_is_cancelled() {
        assert!(supervision("cancel", &[]).abandoned());
        assert!(!supervision("finish", &[]).abandoned());
    }

    #[tokio::test(start_paused = true)]
    async fn a_grace_period_ends_when_a_subscriber_returns() {
        let mut state = supervision("grace:30", &[("a", 0)]);
        state.left(&id("a"), NOW);
        assert_eq!(state.gone_since(), Some(NOW));
        let deadline = state.grace_deadline().expect("a grace period");
        assert_eq!(deadline - Instant::now(), Duration::from_secs(30));
        state.attached(id("b"), Cursor::new(0, Shape::default()));
        assert_eq!(state.gone_since(), Some(NOW), "its connection may be gone");
        state.confirm_present();
        assert_eq!((state.gone_since(), state.grace_deadline()), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_grace_period_continues_in_the_next_worker() {
        let row = row(&json!({ "onGone": "grace:30", "goneSince": NOW - 20 }));
        let state = Supervision::new(&row, &BTreeMap::new(), NOW);
        assert_eq!(state.gone_since(), Some(NOW - 20));
        let deadline = state.grace_deadline().expect("a grace period");
        assert_eq!(deadline - Instant::now(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_does_not_extend_the_grace_period() {
        let row = row(&json!({ "onGone": "grace:30", "goneSince": NOW - 90 }));
        // The worker that crashed left the departed subscriber in the row.
        let mut state = Supervision::new(&row, &cursors(&[("a", 0)]), NOW);
        assert_eq!(state.grace_deadline(), None, "it may have come back");
        state.left(&id("a"), NOW);
        assert_eq!(state.gone_since(), Some(NOW - 90));
        assert_eq!(state.grace_deadline(), Some(Instant::now()));
    }

    #[test]
    fn a_subscriber_that_is_back_after_a_crash_ends_the_grace_period() {
        let row = row(&json!({ "onGone": "grace:30", "goneSince": NOW - 90 }));
        let mut state = Supervision::new(&row, &cursors(&[("a", 0)]), NOW);
        state.confirm_present();
        assert_eq!((state.gone_since(), state.grace_deadline()), (None, None));
    }
}
