//! Event buffer: the newest events of a run, without gaps. The last one may still grow.

use std::collections::VecDeque;
use std::sync::Arc;

use longwire_protocol::numbered::{Draft, NumberedEvent};
use tokio::time::Instant;

use crate::coalesce::{Room, continues, delta};

/// Approximate memory of an entry without its text, in bytes.
const ENTRY_BYTES: usize = 256;

/// Event in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) event: NumberedEvent,
    /// Canonical JSON of the event; empty while it is open.
    pub(crate) json: Arc<str>,
    /// Time of its first delta, or of the event.
    pub(crate) since: Instant,
}

impl Entry {
    /// Approximate memory in bytes; the text is in the event and in its JSON.
    fn bytes(&self) -> usize {
        2 * self.json.len() + ENTRY_BYTES
    }
}

/// Newest events of a run.
#[derive(Debug)]
pub(crate) struct EventBuffer {
    entries: VecDeque<Entry>,
    /// Number of the run's last event, in memory or not.
    last: u64,
    /// Room left in the last event while it is open.
    room: Option<Room>,
    /// Memory of the events that are not open.
    bytes: usize,
}

impl EventBuffer {
    /// Makes an empty buffer; the next event is number `last + 1`.
    pub(crate) fn after(last: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            last,
            room: None,
            bytes: 0,
        }
    }

    /// Number of the oldest event in memory; of the next event when memory has none.
    pub(crate) fn first(&self) -> u64 {
        self.last + 1 - self.entries.len() as u64
    }

    /// Number of the last event.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the event of that number, if it is in memory.
    pub(crate) fn get(&self, seq: u64) -> Option<&Entry> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        self.entries.get(index)
    }

    /// Adds a complete event.
    pub(crate) fn add(&mut self, event: NumberedEvent, json: String, since: Instant) {
        self.seal();
        let json = json.into();
        let entry = Entry { event, json, since };
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        self.last += 1;
    }

    /// Adds an event that may grow; its delta is empty.
    pub(crate) fn open(&mut self, event: NumberedEvent, since: Instant) {
        self.seal();
        self.room = Some(Room::beside(event.json().len()));
        let json = Arc::default();
        self.entries.push_back(Entry { event, json, since });
        self.last += 1;
    }

    /// Tells whether the draft's delta belongs to the open event.
    pub(crate) fn is_open_for(&self, draft: &Draft) -> bool {
        let open = self.entries.back().filter(|_| self.room.is_some());
        open.is_some_and(|Entry { event, .. }| {
            continues(&event.event, &draft.event) && event.metadata.annotations == draft.annotations
        })
    }

    /// Appends as much text as has room to the open event and returns the rest. Seals the event when there is a rest.
    pub(crate) fn grow<'a>(&mut self, text: &'a str) -> &'a str {
        let (Some(room), Some(open)) = (&mut self.room, self.entries.back_mut()) else {
            return text;
        };
        let (head, rest) = room.take(text);
        if let Some(delta) = delta(&mut open.event.event) {
            delta.push_str(head);
        }
        if !rest.is_empty() {
            self.seal();
        }
        rest
    }

    /// Seals the open event: it grows no more, and its JSON is fixed.
    pub(crate) fn seal(&mut self) {
        if self.room.take().is_none() {
            return;
        }
        if let Some(open) = self.entries.back_mut() {
            open.json = open.event.json().into();
            self.bytes += open.bytes();
        }
    }

    /// Removes the last event, which is complete.
    pub(crate) fn drop_last(&mut self) {
        if let Some(last) = self.entries.pop_back() {
            self.bytes -= last.bytes();
            self.last -= 1;
        }
    }

    /// Drops the oldest events while all together exceed `limit` bytes; none after number `until` and never the last.
    pub(crate) fn trim(&mut self, until: u64, limit: usize) {
        while self.bytes > limit && self.first() <= until && self.entries.len() > 1 {
            if let Some(oldest) = self.entries.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }
}
