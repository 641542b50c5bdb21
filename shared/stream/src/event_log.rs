//! Event log of a run: the only place that numbers events. Pure: no task, no clock of its own.

use std::sync::Arc;

use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::run::RunStatus;
use longwire_protocol::event::{Event, RunOutcome};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::numbered::{Draft, Metadata, NumberedEvent};
use longwire_protocol::response;
use longwire_protocol::response::alive::Alive;
use longwire_protocol::response::history::Pending;
use longwire_protocol::response::resumed::Resumed;
use tokio::time::Instant;

use crate::coalesce::{delta, is_delta, is_end, shorten};
use crate::event_buffer::{Entry, EventBuffer};
use crate::pace::Waits;

/// Bytes that shortening adds to an event: the fields that tell of it.
const SHORTENED_FIELDS: usize = 64;

/// Numbered events of a run, of which memory holds the newest.
#[derive(Debug)]
pub struct EventLog {
    thread: ThreadId,
    run: RunId,
    /// Status of the run once its last event is released.
    status: RunStatus,
    /// Answers that the thread waits for, to calls of the run.
    pending: Option<Pending>,
    /// Number of the last valid event at each restart.
    restarts: Vec<u64>,
    /// Number of the last event that was in the durable log from the beginning.
    resumed_after: u64,
    buffer: EventBuffer,
    /// Number of the last event that waits for no other: neither a delta nor an end.
    urgent: u64,
    /// Number and time of the last end of a message, a call or a step.
    last_end: Option<(u64, Instant)>,
    /// Number of the last event that the owner has received in a batch.
    batched: u64,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// More events may follow.
    Open,
    /// The last event exists and is held back; `batched` is the value before its batch.
    Held { batched: u64 },
    /// The last event is released.
    Released,
}

impl EventLog {
    /// Makes the log of a run whose events up to `last_seq` are in the durable log; 0 for a new run. `restarts` has
    /// the number of the last valid event at each restart.
    pub fn resume(thread: ThreadId, run: RunId, restarts: Vec<u64>, last_seq: u64) -> Self {
        Self {
            thread,
            run,
            status: RunStatus::Running,
            pending: None,
            restarts,
            resumed_after: last_seq,
            buffer: EventBuffer::after(last_seq),
            urgent: 0,
            last_end: None,
            batched: last_seq,
            end: End::Open,
        }
    }

    /// Makes the log of an ended run, whose events are all in the durable log.
    pub fn ended(thread: ThreadId, run: RunId, last_seq: u64, status: RunStatus) -> Self {
        Self {
            status,
            end: End::Released,
            ..Self::resume(thread, run, Vec::new(), last_seq)
        }
    }

    /// Sets the answers that the thread waits for, which `resumed` names.
    pub fn waiting_for(self, pending: Option<Pending>) -> Self {
        Self { pending, ..self }
    }

    /// Numbers an event. A delta is appended to the open event of its message, split when it is too long, and
    /// dropped when it is empty. Events after the last one are dropped.
    pub(crate) fn push(&mut self, mut draft: Draft, now: Instant) {
        if self.end != End::Open {
            tracing::warn!(
                event = "event_after_end",
                run = %self.run,
                "an event after the end of the run was dropped"
            );
            return;
        }
        match delta(&mut draft.event).map(std::mem::take) {
            Some(text) => self.extend(&draft, &text, now),
            None => self.append(draft, now),
        }
    }

    /// Seals the last event: a delta that follows becomes an event of its own.
    pub(crate) fn seal(&mut self) {
        self.buffer.seal();
    }

    /// Appends the last event and holds it back; replaces one that is held back already. Returns the batch to be
    /// committed with it.
    pub(crate) fn close(&mut self, last: Draft, now: Instant) -> EventBatch {
        match self.end {
            End::Open => {}
            End::Held { batched } => {
                self.buffer.drop_last();
                self.batched = batched;
            }
            End::Released => {
                tracing::warn!(
                    event = "event_after_end",
                    run = %self.run,
                    "a second end of the run was dropped"
                );
                return self.batch();
            }
        }
        self.status = final_status(&last.event);
        self.add(last, now);
        self.end = End::Held {
            batched: self.batched,
        };
        self.batch()
    }

    /// Releases the last event.
    pub(crate) fn release(&mut self) {
        if let End::Held { .. } = self.end {
            self.end = End::Released;
            self.urgent = self.buffer.last();
        }
    }

    /// Drops a last event that is held back.
    pub(crate) fn reopen(&mut self) {
        if let End::Held { batched } = self.end {
            self.buffer.drop_last();
            self.batched = batched;
            self.end = End::Open;
            self.status = RunStatus::Running;
        }
    }

    /// Returns the events after the last confirmed batch.
    pub(crate) fn batch(&mut self) -> EventBatch {
        self.buffer.seal();
        let (first, last) = (self.batched + 1, self.buffer.last());
        let entries = (first..=last).filter_map(|seq| self.buffer.get(seq));
        let events = entries.map(|entry| Arc::clone(&entry.json)).collect();
        EventBatch {
            first,
            last,
            events,
        }
    }

    /// Confirms that the owner has received the batch that ends with event `last`.
    pub(crate) fn confirm_batch(&mut self, last: u64) {
        self.batched = self.batched.max(last);
    }

    /// Drops the oldest events from memory while all together exceed `limit` bytes. Only events that a batch has
    /// handed over are dropped: of the others memory holds the only copy, and the length of a step bounds them. The
    /// last event stays.
    pub(crate) fn trim(&mut self, limit: usize) {
        let batched = match self.end {
            End::Held { batched } => batched,
            End::Open | End::Released => self.batched,
        };
        self.buffer.trim(batched, limit);
    }

    /// `alive` response of this run.
    pub(crate) fn alive(&self) -> String {
        let alive = Alive {
            run_id: self.run.clone(),
            last: self.sendable(),
        };
        response::json(&alive)
    }

    /// `resumed` response to a request for the events after `after`, once the subscriber has those up to `last`.
    pub(crate) fn resumed(&self, after: u64, last: u64) -> String {
        let status = if self.is_over() {
            self.status
        } else {
            RunStatus::Running
        };
        let resumed = Resumed {
            id: None,
            thread_id: self.thread.clone(),
            run_id: Some(self.run.clone()),
            after,
            last,
            status: status.into(),
            pending: self.pending.clone(),
        };
        response::json(&resumed)
    }

    /// Number of the oldest event in memory.
    pub(crate) fn first(&self) -> u64 {
        self.buffer.first()
    }

    /// Number of the last event that may be posted.
    pub(crate) fn sendable(&self) -> u64 {
        match self.end {
            End::Held { .. } => self.buffer.last() - 1,
            End::Open | End::Released => self.buffer.last(),
        }
    }

    /// Tells whether the event is certainly in the durable log. A batch is written some time after it was handed over;
    /// the last one before the end is released.
    pub(crate) fn is_durable(&self, seq: u64) -> bool {
        seq <= self.resumed_after || self.is_over()
    }

    /// Tells whether the last event is released.
    pub(crate) fn is_over(&self) -> bool {
        self.end == End::Released
    }

    /// Time at which the events after `after` may leave: at once, or, if all of them are deltas and ends, when the oldest
    /// one or the last end has waited long enough. `None` when there are none.
    pub(crate) fn ready_at(&self, after: u64, waits: Waits) -> Option<Instant> {
        if after >= self.sendable() {
            return None;
        }
        let oldest = self.buffer.get(after + 1)?;
        if self.urgent > after {
            return Some(oldest.since);
        }
        let wait = if is_delta(&oldest.event.event) {
            waits.delta
        } else {
            waits.end
        };
        let end = self.last_end.filter(|(seq, _)| *seq > after);
        let ends = end.map(|(_, since)| since + waits.end);
        ends.into_iter().chain([oldest.since + wait]).min()
    }

    /// Returns an event that may be posted. It is sealed, because a subscriber has it now.
    pub(crate) fn take(&mut self, seq: u64) -> Option<&Entry> {
        if seq > self.sendable() {
            return None;
        }
        if seq == self.buffer.last() {
            self.buffer.seal();
        }
        self.buffer.get(seq)
    }

    fn extend(&mut self, draft: &Draft, text: &str, now: Instant) {
        let mut rest = text;
        while !rest.is_empty() {
            if !self.buffer.is_open_for(draft) {
                let event = self.number(draft.clone());
                self.buffer.open(event, now);
            }
            rest = self.buffer.grow(rest);
        }
    }

    fn append(&mut self, draft: Draft, now: Instant) {
        let end = is_end(&draft.event);
        self.add(draft, now);
        let last = self.buffer.last();
        if end {
            self.last_end = Some((last, now));
        } else {
            self.urgent = last;
        }
    }

    fn add(&mut self, mut draft: Draft, now: Instant) {
        let mut event = self.number(draft.clone());
        let mut json = event.json();
        if json.len() > MAX_FRAME_BYTES {
            shorten(&mut draft, json.len() - MAX_FRAME_BYTES + SHORTENED_FIELDS);
            event = self.number(draft);
            json = event.json();
        }
        self.buffer.add(event, json, now);
    }

    fn number(&self, draft: Draft) -> NumberedEvent {
        let seq = self.buffer.last() + 1;
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

    /// Wire epoch of an event: the number of restarts before it plus one; `None` for 1. An event before a restart
    /// therefore has the same bytes when it is made again after that restart.
    fn epoch(&self, seq: u64) -> Option<u32> {
        let restarts = self.restarts.iter().filter(|last| **last < seq).count();
        (restarts > 0).then(|| u32::try_from(restarts).map_or(u32::MAX, |restarts| restarts + 1))
    }
}

/// Status of a run after its last event.
fn final_status(last: &Event) -> RunStatus {
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
    fn event_made_again_after_a_restart_has_the_same_bytes() {
        let event = || Event::Custom {
            name: "lw.restart".to_owned(),
            value: json!({}),
        };
        let events = |restarts: &[u64]| {
            let mut log = EventLog::resume(
                ThreadId::trusted("t"),
                RunId::trusted("r"),
                restarts.to_vec(),
                0,
            );
            (0..4).for_each(|_| log.push(event().into(), Instant::now()));
            log.batch().events
        };
        let (first, second) = (events(&[]), events(&[1, 2]));
        assert_eq!(
            first[0], second[0],
            "RUN_STARTED comes before every restart"
        );
        let epoch = |json: &str| {
            serde_json::from_str::<NumberedEvent>(json)
                .expect("an event")
                .metadata
                .epoch
        };
        let epochs: Vec<_> = second.iter().map(|json| epoch(json)).collect();
        assert_eq!(epochs, [None, Some(2), Some(3), Some(3)]);
    }
}
