//! The lines of a run that are in memory: the newest, without gaps. The last one may still be open.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use crate::coalesce::{Room, continues, delta};
use longwire_protocol::numbered::{Draft, NumberedEvent};

/// What an entry weighs beside its text and the copy of it in the event, in bytes, about.
const ENTRY_BYTES: usize = 256;

/// A line in memory.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line.
    pub(super) line: NumberedEvent,
    /// Its canonical text; empty while it is open.
    pub(super) json: Arc<str>,
    /// When its first word came.
    pub(super) since: Instant,
}

impl Entry {
    fn weight(&self) -> usize {
        2 * self.json.len() + ENTRY_BYTES
    }
}

/// Lines in memory.
#[derive(Debug)]
pub(super) struct EventBuffer {
    lines: VecDeque<Entry>,
    /// The number of the last line ever, in memory or not.
    last: u64,
    /// What the last line has room for, as long as it is open.
    room: Option<Room>,
    /// The weight of the lines that are not open.
    bytes: usize,
}

impl EventBuffer {
    /// An empty one; the next line's number is `last + 1`.
    pub(super) fn after(last: u64) -> Self {
        Self {
            lines: VecDeque::new(),
            last,
            room: None,
            bytes: 0,
        }
    }

    /// The number of the oldest line in memory, or of the next one.
    pub(super) fn first(&self) -> u64 {
        self.last + 1 - self.lines.len() as u64
    }

    /// The number of the last line.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The line of that number.
    pub(super) fn get(&self, seq: u64) -> Option<&Entry> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        self.lines.get(index)
    }

    /// Adds a complete line.
    pub(super) fn add(&mut self, line: NumberedEvent, json: String, since: Instant) {
        self.seal();
        let json = json.into();
        let entry = Entry { line, json, since };
        self.bytes += entry.weight();
        self.lines.push_back(entry);
        self.last += 1;
    }

    /// Adds a line whose text may grow.
    pub(super) fn open(&mut self, line: NumberedEvent, since: Instant) {
        self.seal();
        self.room = Some(Room::beside(line.json().len()));
        let json = Arc::default();
        self.lines.push_back(Entry { line, json, since });
        self.last += 1;
    }

    /// Whether this draft's text belongs to the open line.
    pub(super) fn open_for(&self, draft: &Draft) -> bool {
        let open = self.lines.back().filter(|_| self.room.is_some());
        open.is_some_and(|Entry { line, .. }| {
            continues(&line.event, &draft.event) && line.metadata.annotations == draft.annotations
        })
    }

    /// Adds what has room to the open line, seals it when something is left over, and returns that.
    pub(super) fn grow<'a>(&mut self, text: &'a str) -> &'a str {
        let (Some(room), Some(open)) = (&mut self.room, self.lines.back_mut()) else {
            return text;
        };
        let (head, rest) = room.take(text);
        if let Some(grows) = delta(&mut open.line.event) {
            grows.push_str(head);
        }
        if !rest.is_empty() {
            self.seal();
        }
        rest
    }

    /// The open line grows no more.
    pub(super) fn seal(&mut self) {
        if self.room.take().is_none() {
            return;
        }
        if let Some(open) = self.lines.back_mut() {
            open.json = open.line.json().into();
            self.bytes += open.weight();
        }
    }

    /// Takes the last line back. It is complete.
    pub(super) fn drop_last(&mut self) {
        if let Some(last) = self.lines.pop_back() {
            self.bytes -= last.weight();
            self.last -= 1;
        }
    }

    /// Forgets the oldest lines, none after `until` and never the last, while all weigh more than `limit`.
    pub(super) fn trim(&mut self, until: u64, limit: usize) {
        while self.bytes > limit && self.first() <= until && self.lines.len() > 1 {
            if let Some(oldest) = self.lines.pop_front() {
                self.bytes -= oldest.weight();
            }
        }
    }
}
