//! A bounded list of records that are changed while they stand in it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many records are kept; older ones go.
const KEPT: usize = 1_000;

/// Records in the order of their arrival, shared by whoever clones it.
#[derive(Debug)]
pub(crate) struct Log<T>(Arc<Mutex<Entries<T>>>);

#[derive(Debug)]
struct Entries<T> {
    next: u64,
    kept: VecDeque<(u64, T)>,
}

/// Where a record stands; good for as long as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(u64);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Entries {
            next: 0,
            kept: VecDeque::new(),
        })))
    }
}

impl<T: Clone> Log<T> {
    /// Adds a record.
    pub(crate) fn add(&self, record: T) -> Place {
        let mut entries = self.entries();
        let place = entries.next;
        entries.next += 1;
        entries.kept.push_back((place, record));
        if entries.kept.len() > KEPT {
            entries.kept.pop_front();
        }
        Place(place)
    }

    /// Changes a record, unless it is gone.
    pub(crate) fn change(&self, place: Place, change: impl FnOnce(&mut T)) {
        let mut entries = self.entries();
        if let Ok(at) = entries
            .kept
            .binary_search_by_key(&place.0, |(place, _)| *place)
        {
            change(&mut entries.kept[at].1);
        }
    }

    /// All that is kept, oldest first.
    pub(crate) fn all(&self) -> Vec<T> {
        self.entries()
            .kept
            .iter()
            .map(|(_, record)| record.clone())
            .collect()
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.entries().kept.clear();
    }

    // A panic elsewhere leaves a list that is still whole: every change is a single step.
    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_the_others_keep_their_place() {
        let log = Log::default();
        let first = log.add(0_usize);
        let second = log.add(1);
        for record in 2..=KEPT {
            log.add(record);
        }
        log.change(first, |record| *record = 99);
        log.change(second, |record| *record = 77);
        let all = log.all();
        assert_eq!(
            (all.len(), all[0], all[1], all[KEPT - 1]),
            (KEPT, 77, 2, KEPT)
        );
        log.clear();
        log.change(second, |record| *record = 5);
        assert_eq!(log.all(), Vec::<usize>::new());
    }
}
