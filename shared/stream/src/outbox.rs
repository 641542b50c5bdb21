//! What one connection gets next, and when. Pure: the hub tells it the time and what became of a post.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::event_log::EventLog;
use crate::pace::Pace;
use longwire_core::event_batch::EventBatch;
use longwire_core::run::Cursor;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::format::Renderer;
use longwire_protocol::frame::MAX_FRAME_BYTES;

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A connection's place in the lines, and the frames it has not taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    shape: Shape,
    renderer: Renderer,
    /// Lines up to this one became frames.
    rendered: u64,
    /// Lines up to this one were taken.
    taken: u64,
    /// The lines after `rendered`, from the durable log, as long as memory does not have them.
    page: VecDeque<Arc<str>>,
    /// Such a page was asked for.
    wants: bool,
    /// Frames that were not taken yet; the first one is the next, or in flight.
    frames: VecDeque<Frame>,
    promise: Option<Promise>,
    pace: Pace,
    /// Since when the first frame is being tried.
    trying: Option<Instant>,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Frame {
    text: String,
    /// With it the connection has the lines up to this one.
    upto: u64,
}

/// The connection asked to resume, and is told when it has come to what was last then.
#[derive(Debug, Clone, Copy)]
struct Promise {
    asked: u64,
    after: u64,
    last: u64,
}

/// Posts fail for now.
#[derive(Debug)]
struct Trouble {
    retry_at: Instant,
    backoff: ExponentialBackoff,
}

impl Outbox {
    /// The outbox of a connection that has the lines up to `cursor.after`. Those that memory does not have
    /// come in pages. A shape other than `agui` that begins in the middle of a run has seen only what memory
    /// holds of the lines before.
    pub(super) fn new(cursor: Cursor, pace: Pace, log: &mut EventLog) -> Self {
        let had = cursor.after.min(log.sendable());
        let mut renderer = Renderer::new(cursor.shape.format);
        for seq in log.first()..=had {
            let entry = log.take(seq);
            if let Some(entry) = entry.filter(|_| cursor.shape.format != Format::Agui) {
                renderer.render(&entry.line);
            }
        }
        let promise = Promise {
            asked: cursor.requested_at,
            after: cursor.after,
            last: log.sendable(),
        };
        let asked = cursor.requested_at > 0 && cursor.shape.format == Format::Agui;
        Self {
            shape: cursor.shape,
            renderer,
            rendered: had,
            taken: had,
            page: VecDeque::new(),
            wants: false,
            frames: VecDeque::new(),
            promise: asked.then_some(promise),
            pace,
            trying: None,
            trouble: None,
        }
    }

    /// When the next attempt should start; `None` when there is nothing to send. `rate` is in deltas per
    /// second.
    pub(super) fn due(&self, log: &EventLog, rate: f64, now: Instant) -> Option<Instant> {
        if !self.frames.is_empty() {
            return Some(self.trouble.as_ref().map_or(now, |t| t.retry_at));
        }
        if self.kept().is_some() || !self.page.is_empty() {
            return Some(now);
        }
        log.due(self.rendered, self.pace.wait(rate))
    }

    /// The frame to try now; `None` when what was left says nothing in this format.
    pub(super) fn next(&mut self, log: &mut EventLog, now: Instant) -> Option<String> {
        self.keep_promise(log);
        while self.frames.is_empty() {
            self.render(log)?;
            self.keep_promise(log);
        }
        self.trying.get_or_insert(now);
        self.frames.front().map(|frame| frame.text.clone())
    }

    /// The first frame was taken.
    pub(super) fn sent(&mut self, took: Duration) {
        self.pace.measure(took);
        if let Some(frame) = self.frames.pop_front() {
            self.taken = frame.upto;
        }
        self.trying = None;
        self.trouble = None;
    }

    /// Where the connection stands. It has asked for nothing that it did not get, unless it says so.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor {
            after: self.taken,
            shape: self.shape,
            requested_at: self.promise.map_or(0, |promise| promise.asked),
        }
    }

    /// The line after which a page of the durable log is wanted, once for each page.
    pub(super) fn wants(&mut self, log: &EventLog) -> Option<u64> {
        let lacks = self.page.is_empty() && self.rendered + 1 < log.first();
        if !lacks || self.wants {
            return None;
        }
        self.wants = true;
        Some(self.rendered)
    }

    /// A page of the durable log. One that was asked for before the connection was wound back does not go on
    /// where it stands now, and is left.
    pub(super) fn fill(&mut self, page: EventBatch) {
        if self.wants && page.first == self.rendered + 1 {
            self.page = page.events.into();
            self.wants = false;
        }
    }

    /// The first frame was not taken: the same again, after a while that grows and is fully random ("full
    /// jitter": AWS Architecture Blog, "Exponential Backoff And Jitter"). Later lines merge meanwhile.
    pub(super) fn slow(&mut self, now: Instant) {
        let mut backoff = match self.trouble.take() {
            Some(trouble) => trouble.backoff,
            None => ExponentialBuilder::new()
                .with_min_delay(FIRST_BACKOFF)
                .with_max_delay(LONGEST_BACKOFF)
                .without_max_times()
                .build(),
        };
        let longest = backoff.next().unwrap_or(LONGEST_BACKOFF);
        let retry_at = now + longest.mul_f64(rand::random());
        self.trouble = Some(Trouble { retry_at, backoff });
    }

    /// A control line, for a connection that has taken everything.
    pub(super) fn say(&mut self, control: String) {
        self.frames.push_back(Frame {
            text: control,
            upto: self.rendered,
        });
    }

    /// It understands control lines.
    pub(super) fn hears_control(&self) -> bool {
        self.shape.format == Format::Agui
    }

    /// It has taken everything it may have.
    pub(super) fn done(&self, log: &EventLog) -> bool {
        self.frames.is_empty() && self.promise.is_none() && self.rendered >= log.sendable()
    }

    /// Since when its next frame is being tried in vain.
    pub(super) fn trying(&self) -> Option<Instant> {
        self.trying
    }

    /// The promise, once it is kept but for the words.
    fn kept(&self) -> Option<Promise> {
        self.promise.filter(|promise| self.rendered >= promise.last)
    }

    fn keep_promise(&mut self, log: &EventLog) {
        if let Some(Promise { after, last, .. }) = self.kept() {
            self.promise = None;
            self.say(log.resumed(after, last));
        }
    }

    /// Makes frames of the next line, or of as many as share one. `None` when there is no line.
    fn render(&mut self, log: &mut EventLog) -> Option<()> {
        let frames = if self.shape.format == Format::Agui {
            vec![self.join(log)?]
        } else {
            self.translate(log)?
        };
        let upto = self.rendered;
        let frames = frames.into_iter().map(|text| Frame { text, upto });
        self.frames.extend(frames);
        Some(())
    }

    /// The next lines as they are.
    fn join(&mut self, log: &mut EventLog) -> Option<String> {
        let mut frame = self.peek(log)?.to_string();
        self.step();
        if self.shape.lines == Lines::One {
            return Some(frame);
        }
        while let Some(json) = self.peek(log) {
            if frame.len() + 1 + json.len() > MAX_FRAME_BYTES {
                break;
            }
            frame.push('\n');
            frame.push_str(&json);
            self.step();
        }
        Some(frame)
    }

    /// The next line in another shape.
    fn translate(&mut self, log: &mut EventLog) -> Option<Vec<String>> {
        let frames = match self.page.front() {
            Some(json) => match serde_json::from_str(json) {
                Ok(line) => self.renderer.render(&line),
                Err(error) => {
                    tracing::error!(%error, "a line of the durable log cannot be read");
                    Vec::new()
                }
            },
            None => self.renderer.render(&log.take(self.rendered + 1)?.line),
        };
        self.step();
        Some(frames)
    }

    fn peek(&self, log: &mut EventLog) -> Option<Arc<str>> {
        let of_page = self.page.front().map(Arc::clone);
        of_page.or_else(|| Some(Arc::clone(&log.take(self.rendered + 1)?.json)))
    }

    fn step(&mut self) {
        self.page.pop_front();
        self.rendered += 1;
    }
}
