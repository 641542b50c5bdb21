//! The one place that numbers a run's lines. No clock, no task: pure.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::coalesce::{delta, shorten};
use crate::event_buffer::{Entry, EventBuffer};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::run::RunStatus;
use longwire_protocol::event::{Event, RunOutcome};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::{Draft, Metadata, NumberedEvent};
use longwire_protocol::response::Response;
use longwire_protocol::response::resumed::Resumed;

/// What shortening an event may add to its line, in bytes: the marks that say so.
const MARKS: usize = 64;

/// The lines of a run.
#[derive(Debug)]
pub struct EventLog {
    thread: ThreadId,
    run: RunId,
    /// Where the run stands once its last line may be sent.
    status: RunStatus,
    /// Per restart, the last line that stood.
    restarts: Vec<u64>,
    shelf: EventBuffer,
    /// The number of the last line that must not wait for a window.
    urgent: u64,
    /// The number of the last line a batch had.
    handed: u64,
    end: End,
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

impl EventLog {
    /// The log of a run whose lines up to `last_seq` are in the durable log already (0 for a new run).
    /// `restarts` has, per restart, the last line that stood.
    pub fn resume(thread: ThreadId, run: RunId, restarts: Vec<u64>, last_seq: u64) -> Self {
        Self {
            thread,
            run,
            status: RunStatus::Running,
            restarts,
            shelf: EventBuffer::after(last_seq),
            urgent: 0,
            handed: last_seq,
            end: End::Open,
        }
    }

    /// The log of a run that has ended, whose lines are all in the durable log.
    pub fn ended(thread: ThreadId, run: RunId, last_seq: u64, status: RunStatus) -> Self {
        Self {
            status,
            end: End::Released,
            ..Self::resume(thread, run, Vec::new(), last_seq)
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
    pub fn close(&mut self, last: Draft, now: Instant) -> EventBatch {
        match self.end {
            End::Open => {}
            End::Held { handed } => {
                self.shelf.drop_last();
                self.handed = handed;
            }
            End::Released => {
                tracing::warn!(run = %self.run, "a second end of the run was left out");
                return self.batch();
            }
        }
        let handed = self.handed;
        self.status = status(&last.event);
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
    pub fn batch(&mut self) -> EventBatch {
        self.shelf.seal();
        let (first, last) = (self.handed + 1, self.shelf.last());
        let entries = (first..=last).filter_map(|seq| self.shelf.get(seq));
        let lines = entries.map(|entry| Arc::clone(&entry.json)).collect();
        self.handed = last;
        EventBatch {
            first,
            last,
            events: lines,
        }
    }

    /// Forgets the oldest lines while all together are above `limit` bytes, but only lines that are in the
    /// durable log; the others are the only copy, and a step's length bounds them. The last line stays.
    pub fn trim(&mut self, limit: usize) {
        let durable = match self.end {
            End::Held { handed } => handed,
            End::Open | End::Released => self.handed,
        };
        self.shelf.trim(durable, limit);
    }

    /// The run.
    pub(super) fn run(&self) -> &RunId {
        &self.run
    }

    /// What a connection hears that asked for the lines after `after`, when it has come to `last`.
    pub(super) fn resumed(&self, after: u64, last: u64) -> String {
        let resumed = Resumed {
            id: None,
            thread_id: self.thread.clone(),
            run_id: Some(self.run.clone()),
            after,
            last,
            status: if self.is_over() {
                self.status
            } else {
                RunStatus::Running
            }
            .into(),
        };
        resumed.json()
    }

    /// The number of the oldest line in memory.
    pub(super) fn first(&self) -> u64 {
        self.shelf.first()
    }

    /// The number of the last line that may be sent.
    pub(super) fn sendable(&self) -> u64 {
        match self.end {
            End::Held { .. } => self.shelf.last() - 1,
            End::Open | End::Released => self.shelf.last(),
        }
    }

    /// The last line may be sent, and no other comes.
    pub(super) fn is_over(&self) -> bool {
        self.end == End::Released
    }

    /// When the lines after `after` should leave, if there are any that may: at once, or when the oldest
    /// has waited for a window, if they are all deltas.
    pub(super) fn due(&self, after: u64, window: Duration) -> Option<Instant> {
        if after >= self.sendable() {
            return None;
        }
        let since = self.shelf.get(after + 1)?.since;
        let waits = self.urgent <= after;
        Some(if waits { since + window } else { since })
    }

    /// A line that may be sent. It grows no more, because somebody has it now.
    pub(super) fn take(&mut self, seq: u64) -> Option<&Entry> {
        if seq > self.sendable() {
            return None;
        }
        if seq == self.shelf.last() {
            self.shelf.seal();
        }
        self.shelf.get(seq)
    }

    fn extend(&mut self, draft: &Draft, text: &str, now: Instant) {
        let mut rest = text;
        while !rest.is_empty() {
            if !self.shelf.open_for(draft) {
                let line = self.number(draft.clone());
                self.shelf.open(line, now);
            }
            rest = self.shelf.grow(rest);
        }
    }

    fn append(&mut self, mut draft: Draft, now: Instant) {
        let mut line = self.number(draft.clone());
        let mut json = line.json();
        if json.len() > MAX_FRAME_BYTES {
            shorten(&mut draft, json.len() - MAX_FRAME_BYTES + MARKS);
            line = self.number(draft);
            json = line.json();
        }
        self.shelf.add(line, json, now);
        self.urgent = self.shelf.last();
    }

    fn number(&self, draft: Draft) -> NumberedEvent {
        let seq = self.shelf.last() + 1;
        NumberedEvent {
            event: draft.event,
            metadata: Metadata {
                seq,
                run: self.run.clone(),
                epoch: self.epoch(seq),
                annotations: draft.annotations,
            },
        }
    }

    /// A line's wire epoch: how many restarts it comes after, plus one; told when above 1. A line that is
    /// made again after a restart it precedes is therefore the same bytes.
    fn epoch(&self, seq: u64) -> Option<u32> {
        let restarts = self.restarts.iter().filter(|keep| **keep < seq).count();
        (restarts > 0).then(|| u32::try_from(restarts).map_or(u32::MAX, |restarts| restarts + 1))
    }
}

/// Where a run stands after its last line.
fn status(last: &Event) -> RunStatus {
    match last {
        Event::RunError { .. } => RunStatus::Failed,
        Event::RunFinished {
            outcome: RunOutcome::Cancelled,
            ..
        } => RunStatus::Cancelled,
        _ => RunStatus::Finished,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_made_again_after_a_restart_is_the_same_bytes() {
        let event = || Event::Custom {
            name: "lw.restart".to_owned(),
            value: json!({}),
        };
        let lines = |restarts: &[u64]| {
            let mut log = EventLog::resume(
                ThreadId::trusted("t"),
                RunId::trusted("r"),
                restarts.to_vec(),
                0,
            );
            (0..4).for_each(|_| log.push(event().into(), Instant::now()));
            log.batch().events
        };
        let (first, second) = (lines(&[]), lines(&[1, 2]));
        assert_eq!(
            first[0], second[0],
            "RUN_STARTED comes before every restart"
        );
        let epoch = |line: &str| {
            serde_json::from_str::<NumberedEvent>(line)
                .expect("a line")
                .metadata
                .epoch
        };
        let epochs: Vec<_> = second.iter().map(|line| epoch(line)).collect();
        assert_eq!(epochs, [None, Some(2), Some(3), Some(3)]);
    }
}
