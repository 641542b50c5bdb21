//! Outbox of one subscriber: its cursor and its next frames. Pure: it starts nothing and knows no clock.

use std::collections::VecDeque;
use std::sync::Arc;

use longwire_core::event_batch::EventBatch;
use longwire_core::run::Cursor;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::format::Renderer;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use tokio::time::Instant;

use crate::event_log::EventLog;
use crate::pace::Waits;

/// Cursor of a subscriber and the frames it has not taken yet.
#[derive(Debug)]
pub(crate) struct Outbox {
    shape: Shape,
    renderer: Renderer,
    /// Number of the last event that became part of a frame.
    rendered: u64,
    /// Number of the last event that the subscriber has taken, with all events before it.
    taken: u64,
    /// Set once a frame was dropped: the subscriber lacks events after `taken`, and takes no more in order.
    gap: bool,
    /// Events after `rendered`, read from the durable log because memory no longer has them.
    page: VecDeque<Arc<str>>,
    /// Frames not taken yet; the first one is in flight or the next.
    frames: VecDeque<Frame>,
    /// `resumed` response that the subscriber gets once it has caught up.
    pending_resumed: Option<PendingResumed>,
}

#[derive(Debug)]
struct Frame {
    text: String,
    /// Number of the last event the subscriber has with this frame.
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct PendingResumed {
    /// Time of the `resume` request.
    requested_at: u64,
    /// Cursor of the request.
    after: u64,
    /// Number of the last event at the time of the request.
    last: u64,
}

impl Outbox {
    /// Makes the outbox of a subscriber that has the events up to `cursor.after`. A format other than `agui` that
    /// begins in the middle of a run has only seen what memory holds of the events before.
    pub(crate) fn new(cursor: Cursor, log: &mut EventLog) -> Self {
        let last = log.sendable();
        let taken = cursor.after.min(last);
        // The subscriber counts as having this event, so it must not grow.
        log.take(taken);
        let mut renderer = Renderer::new(cursor.shape.format);
        if cursor.shape.format != Format::Agui {
            for seq in log.first()..=taken {
                if let Some(entry) = log.take(seq) {
                    renderer.render(&entry.event);
                }
            }
        }
        let resumed = cursor.requested_at > 0 && cursor.shape.format == Format::Agui;
        Self {
            shape: cursor.shape,
            renderer,
            rendered: taken,
            taken,
            gap: false,
            page: VecDeque::new(),
            frames: VecDeque::new(),
            pending_resumed: resumed.then_some(PendingResumed {
                requested_at: cursor.requested_at,
                after: cursor.after,
                last,
            }),
        }
    }

    /// Time at which the next frame may leave, as far as its events decide; `None` when there is nothing to post.
    /// Deltas and ends wait for others as long as `waits` says.
    pub(crate) fn ready_at(&self, log: &EventLog, waits: Waits, now: Instant) -> Option<Instant> {
        if !self.frames.is_empty() || !self.page.is_empty() || self.due_resumed().is_some() {
            return Some(now);
        }
        log.ready_at(self.rendered, waits)
    }

    /// Returns the next frame; `None` when the events that were left have no frame in this format.
    pub(crate) fn next_frame(&mut self, log: &mut EventLog) -> Option<String> {
        self.add_resumed(log);
        while self.frames.is_empty() {
            self.render(log)?;
            self.add_resumed(log);
        }
        self.frames.front().map(|frame| frame.text.clone())
    }

    /// Removes the first frame, which the subscriber has taken.
    pub(crate) fn frame_taken(&mut self) {
        if let Some(frame) = self.frames.pop_front()
            && !self.gap
        {
            self.taken = frame.last;
        }
    }

    /// Drops the first frame, which was refused. An `agui` client finds the gap in `lw.seq` and sends `resume`, so its
    /// cursor stays before the gap, and it is not told that it has caught up. Other formats have no numbers: their
    /// clients cannot fill a gap, and an event that is sent twice would be displayed twice.
    pub(crate) fn frame_refused(&mut self) {
        // A frame of the outbox before this one is no gap in this one.
        let dropped = !self.frames.is_empty();
        if dropped && self.shape.format == Format::Agui {
            self.gap = true;
            self.pending_resumed = None;
        }
        self.frame_taken();
    }

    /// Cursor of the subscriber, with the `resume` request that is not answered yet.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            after: self.taken,
            shape: self.shape,
            requested_at: self
                .pending_resumed
                .map_or(0, |pending| pending.requested_at),
        }
    }

    /// Number of the last event that became part of a frame.
    pub(crate) fn rendered(&self) -> u64 {
        self.rendered
    }

    /// Tells whether the next event is neither in memory nor in the page.
    pub(crate) fn missing(&self, log: &EventLog) -> bool {
        self.page.is_empty() && self.rendered + 1 < log.first()
    }

    /// Adds the page that begins with the missing event. A last event that is held back is not taken from it.
    pub(crate) fn add_page(&mut self, page: EventBatch, log: &EventLog) {
        let sendable = log.sendable().saturating_sub(self.rendered);
        self.page = page.events.into();
        self.page
            .truncate(usize::try_from(sendable).unwrap_or(usize::MAX));
    }

    /// Adds an `alive` response, unless the format has no responses.
    pub(crate) fn add_alive(&mut self, log: &EventLog) {
        if self.shape.format == Format::Agui {
            self.add_response(log.alive());
        }
    }

    /// Tells whether the subscriber has taken every event it may have.
    pub(crate) fn done(&self, log: &EventLog) -> bool {
        self.frames.is_empty() && self.pending_resumed.is_none() && self.rendered >= log.sendable()
    }

    /// Pending `resumed` response of a subscriber that has caught up.
    fn due_resumed(&self) -> Option<PendingResumed> {
        self.pending_resumed
            .filter(|pending| self.rendered >= pending.last)
    }

    fn add_resumed(&mut self, log: &EventLog) {
        if let Some(PendingResumed { after, last, .. }) = self.due_resumed() {
            self.pending_resumed = None;
            self.add_response(log.resumed(after, last));
        }
    }

    fn add_response(&mut self, response: String) {
        self.frames.push_back(Frame {
            text: response,
            last: self.rendered,
        });
    }

    /// Makes frames of the next event, or of as many as share a frame. `None` when there is no event.
    fn render(&mut self, log: &mut EventLog) -> Option<()> {
        let frames = match self.shape.format {
            Format::Agui => vec![self.join(log)?],
            _ => self.convert(log)?,
        };
        let last = self.rendered;
        let frames = frames.into_iter().map(|text| Frame { text, last });
        self.frames.extend(frames);
        Some(())
    }

    /// Joins the next events as they are.
    fn join(&mut self, log: &mut EventLog) -> Option<String> {
        let mut frame = self.next_json(log)?.to_string();
        self.step();
        if self.shape.lines == Lines::One {
            return Some(frame);
        }
        while let Some(json) = self.next_json(log) {
            if frame.len() + 1 + json.len() > MAX_FRAME_BYTES {
                break;
            }
            frame.push('\n');
            frame.push_str(&json);
            self.step();
        }
        Some(frame)
    }

    /// Converts the next event to another format.
    fn convert(&mut self, log: &mut EventLog) -> Option<Vec<String>> {
        let frames = match self.page.front() {
            Some(json) => match serde_json::from_str(json) {
                Ok(event) => self.renderer.render(&event),
                Err(error) => {
                    tracing::error!(
                        event = "event_unreadable",
                        %error,
                        "an event of the durable log cannot be parsed; it is left out"
                    );
                    Vec::new()
                }
            },
            None => self.renderer.render(&log.take(self.rendered + 1)?.event),
        };
        self.step();
        Some(frames)
    }

    fn next_json(&self, log: &mut EventLog) -> Option<Arc<str>> {
        let read = self.page.front().map(Arc::clone);
        read.or_else(|| Some(Arc::clone(&log.take(self.rendered + 1)?.json)))
    }

    fn step(&mut self) {
        self.page.pop_front();
        self.rendered += 1;
    }
}
