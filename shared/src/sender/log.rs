//! A run's lines: numbered, merged, and kept for whoever still needs them. No clock, no task: pure.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handle::Batch;
use super::piece::{Room, continues, delta, shorten};
use crate::ids::RunId;
use crate::wire::line::{Draft, Line, Metadata};
use crate::wire::shape::MAX_FRAME_BYTES;

/// What shortening an event may add to its line, in bytes: the marks that say so.
const MARKS: usize = 64;

/// The lines of a run, and the one place that numbers them.
#[derive(Debug)]
pub struct Log {
    run: RunId,
    epoch: Option<u32>,
    /// The newest lines, without gaps. The last one is open as long as `room` says so.
    lines: VecDeque<Entry>,
    room: Option<Room>,
    /// The number of the last line ever.
    last: u64,
    /// The number of the last line that must not wait for a window.
    urgent: u64,
    /// The number of the last line a batch had.
    handed: u64,
    end: End,
    bytes: usize,
}

/// A line in memory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: Line,
    /// The canonical text; empty while the line is open.
    pub(super) json: Arc<str>,
    /// When its first word came.
    since: Instant,
}

impl Entry {
    fn weight(&self) -> usize {
        // The text, the event beside it, and about this much for the rest.
        2 * self.json.len() + 256
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More may come.
    Open,
    /// The last line is there and may not be sent; before it, batches had all up to `handed`.
    Held { handed: u64 },
    /// The last line may be sent.
    Released,
}

impl Log {
    /// The log of a run whose lines up to `last_seq` are in the durable log already (0 for a new run).
    /// `wire_epoch` counts from 1.
    pub fn resume(run: RunId, wire_epoch: u32, last_seq: u64) -> Self {
        Self {
            run,
            epoch: (wire_epoch > 1).then_some(wire_epoch),
            lines: VecDeque::new(),
            room: None,
            last: last_seq,
            urgent: 0,
            handed: last_seq,
            end: End::Open,
            bytes: 0,
        }
    }

    /// Makes lines of a draft. A delta joins the open line of its message, is split when it is too long,
    /// and is no line at all when it is empty. After the last line nothing is taken.
    pub fn push(&mut self, mut draft: Draft, now: Instant) {
        if self.end != End::Open {
            tracing::warn!(run = %self.run, "an event after the end of the run was left out");
            return;
        }
        match delta(&mut draft.event).map(std::mem::take) {
            Some(text) => self.extend(&draft, &text, now),
            None => self.append(draft, now),
        }
    }

    /// Appends the last line and holds it; a held one is replaced. Returns what is to be committed with it.
    pub fn close(&mut self, last: Draft, now: Instant) -> Batch {
        match self.end {
            End::Open => {}
            End::Held { handed } => {
                self.drop_last();
                self.handed = handed;
            }
            End::Released => {
                tracing::warn!(run = %self.run, "a second end of the run was left out");
                return self.batch();
            }
        }
        let handed = self.handed;
        self.append(last, now);
        self.end = End::Held { handed };
        self.batch()
    }

    /// The held line may be sent.
    pub fn release(&mut self) {
        if let End::Held { .. } = self.end {
            self.end = End::Released;
        }
    }

    /// The lines no batch had yet.
    pub fn batch(&mut self) -> Batch {
        self.seal();
        let first = self.handed + 1;
        let lines = (first..=self.last)
            .filter_map(|seq| self.entry(seq))
            .map(|entry| Arc::clone(&entry.json))
            .collect();
        self.handed = self.last;
        Batch {
            first,
            last: self.last,
            lines,
        }
    }

    /// Forgets the oldest lines while all together are above `limit` bytes, but only lines that are in the
    /// durable log; the others are the only copy, and a step's length bounds them. The last line stays.
    pub fn trim(&mut self, limit: usize) {
        let durable = match self.end {
            End::Held { handed } => handed,
            End::Open | End::Released => self.handed,
        };
        while self.bytes > limit && self.first() <= durable && self.lines.len() > 1 {
            let Some(oldest) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= oldest.weight();
        }
    }

    /// The run.
    pub(super) fn run(&self) -> &RunId {
        &self.run
    }

    /// The number of the oldest line in memory.
    pub(super) fn first(&self) -> u64 {
        self.last + 1 - self.lines.len() as u64
    }

    /// The number of the last line that may be sent.
    pub(super) fn sendable(&self) -> u64 {
        match self.end {
            End::Held { .. } => self.last - 1,
            End::Open | End::Released => self.last,
        }
    }

    /// The last line may be sent, and no other comes.
    pub(super) fn ended(&self) -> bool {
        self.end == End::Released
    }

    /// When the lines after `after` should leave, if there are any that may: at once, or when the oldest
    /// has waited for a window, if it is all deltas (performance.md section 2).
    pub(super) fn due(&self, after: u64, window: Duration) -> Option<Instant> {
        if after >= self.sendable() {
            return None;
        }
        let since = self.entry(after + 1)?.since;
        let waits = self.urgent <= after;
        Some(if waits { since + window } else { since })
    }

    /// A line that may be sent. It grows no more, because somebody has it now.
    pub(super) fn take(&mut self, seq: u64) -> Option<&Entry> {
        if seq > self.sendable() {
            return None;
        }
        if seq == self.last {
            self.seal();
        }
        self.entry(seq)
    }

    fn entry(&self, seq: u64) -> Option<&Entry> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        self.lines.get(index)
    }

    fn extend(&mut self, draft: &Draft, text: &str, now: Instant) {
        let mut rest = text;
        while !rest.is_empty() {
            if !self.open_for(draft) {
                self.open(draft.clone(), now);
            }
            rest = self.fill(rest);
        }
    }

    fn open_for(&self, draft: &Draft) -> bool {
        let open = self.lines.back().filter(|_| self.room.is_some());
        open.is_some_and(|Entry { line, .. }| {
            continues(&line.event, &draft.event) && line.metadata.notes == draft.notes
        })
    }

    fn open(&mut self, draft: Draft, now: Instant) {
        self.seal();
        let line = self.number(draft);
        self.room = Some(Room::beside(line.json().len()));
        self.keep(line, Arc::default(), now);
    }

    /// Adds what has room to the open line, seals the line when something is left, and returns that.
    fn fill<'a>(&mut self, text: &'a str) -> &'a str {
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

    fn append(&mut self, mut draft: Draft, now: Instant) {
        self.seal();
        let mut line = self.number(draft.clone());
        let mut json = line.json();
        if json.len() > MAX_FRAME_BYTES {
            shorten(&mut draft, json.len() - MAX_FRAME_BYTES + MARKS);
            line = self.number(draft);
            json = line.json();
        }
        self.bytes += self.keep(line, json.into(), now);
        self.urgent = self.last;
    }

    fn number(&self, draft: Draft) -> Line {
        Line {
            event: draft.event,
            metadata: Metadata {
                seq: self.last + 1,
                run: self.run.clone(),
                epoch: self.epoch,
                notes: draft.notes,
            },
        }
    }

    fn keep(&mut self, line: Line, json: Arc<str>, since: Instant) -> usize {
        let entry = Entry { line, json, since };
        let weight = entry.weight();
        self.lines.push_back(entry);
        self.last += 1;
        weight
    }

    fn seal(&mut self) {
        if self.room.take().is_none() {
            return;
        }
        if let Some(open) = self.lines.back_mut() {
            open.json = open.line.json().into();
            self.bytes += open.weight();
        }
    }

    fn drop_last(&mut self) {
        if let Some(held) = self.lines.pop_back() {
            self.bytes -= held.weight();
            self.last -= 1;
        }
    }
}
