//! Bounded list of records that can be updated in place.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Maximum number of records; the oldest are dropped first.
const MAX_RECORDS: usize = 1_000;

/// Records in the order of their arrival; clones share them.
#[derive(Debug)]
pub(crate) struct RecordList<T>(Arc<Mutex<Entries<T>>>);

#[derive(Debug)]
struct Entries<T> {
    next_id: u64,
    records: VecDeque<(u64, T)>,
}

/// Identifier of a record in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordId(u64);

impl<T> Clone for RecordList<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for RecordList<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Entries {
            next_id: 0,
            records: VecDeque::new(),
        })))
    }
}

impl<T: Clone> RecordList<T> {
    /// Appends a record.
    pub(crate) fn add(&self, record: T) -> RecordId {
        let mut entries = self.entries();
        let id = entries.next_id;
        entries.next_id += 1;
        entries.records.push_back((id, record));
        if entries.records.len() > MAX_RECORDS {
            entries.records.pop_front();
        }
        RecordId(id)
    }

    /// Updates a record; does nothing if the record was dropped or cleared.
    pub(crate) fn update(&self, id: RecordId, update: impl FnOnce(&mut T)) {
        let mut entries = self.entries();
        if let Ok(index) = entries
            .records
            .binary_search_by_key(&id.0, |(record_id, _)| *record_id)
        {
            update(&mut entries.records[index].1);
        }
    }

    /// Returns all records, oldest first.
    pub(crate) fn all(&self) -> Vec<T> {
        self.entries()
            .records
            .iter()
            .map(|(_, record)| record.clone())
            .collect()
    }

    /// Removes all records.
    pub(crate) fn clear(&self) {
        self.entries().records.clear();
    }

    // The list is consistent even if a panic poisoned the lock, because each method changes it in one step.
    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_record_is_dropped_and_ids_of_the_others_stay_valid() {
        let list = RecordList::default();
        let first = list.add(0_usize);
        let second = list.add(1);
        for record in 2..=MAX_RECORDS {
            list.add(record);
        }
        list.update(first, |record| *record = 99);
        list.update(second, |record| *record = 77);
        let all = list.all();
        assert_eq!(
            (all.len(), all[0], all[1], all[MAX_RECORDS - 1]),
            (MAX_RECORDS, 77, 2, MAX_RECORDS)
        );
        list.clear();
        list.update(second, |record| *record = 5);
        assert_eq!(list.all(), Vec::<usize>::new());
    }
}
