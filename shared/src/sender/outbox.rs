//! What one connection gets next, and when. Pure: the hub tells it the time and what became of a post.

use std::collections::VecDeque;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::log::Log;
use super::pace::Pace;
use crate::run::Cursor;
use crate::wire::format::Renderer;
use crate::wire::shape::{Format, Lines, MAX_FRAME_BYTES, Shape};

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A connection's place in the lines, and the frames it has not taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    shape: Shape,
    renderer: Renderer,
    /// Lines up to this one became frames.
    rendered: u64,
    /// Frames that were not taken yet; the first one is the next, or in flight.
    frames: VecDeque<String>,
    pace: Pace,
    /// Since when the first frame is being tried.
    trying: Option<Instant>,
    trouble: Option<Trouble>,
}

/// Posts fail for now.
#[derive(Debug)]
struct Trouble {
    retry_at: Instant,
    backoff: ExponentialBackoff,
}

impl Outbox {
    /// The outbox of a connection that has the lines up to `cursor.after`; of those it lacks it gets what
    /// is in memory.
    pub(super) fn new(cursor: Cursor, pace: Pace, log: &mut Log) -> Self {
        let had = cursor.after.clamp(log.first() - 1, log.sendable());
        let mut renderer = Renderer::new(cursor.shape.format);
        for seq in log.first()..=had {
            let entry = log.take(seq);
            if let Some(entry) = entry.filter(|_| cursor.shape.format != Format::Agui) {
                renderer.render(&entry.line);
            }
        }
        Self {
            shape: cursor.shape,
            renderer,
            rendered: had,
            frames: VecDeque::new(),
            pace,
            trying: None,
            trouble: None,
        }
    }

    /// When the next attempt should start; `None` when there is nothing to send. `rate` is in deltas per
    /// second.
    pub(super) fn due(&self, log: &Log, rate: f64, now: Instant) -> Option<Instant> {
        if self.frames.is_empty() {
            return log.due(self.rendered, self.pace.wait(rate));
        }
        Some(self.trouble.as_ref().map_or(now, |t| t.retry_at))
    }

    /// The frame to try now; `None` when what was left says nothing in this format.
    pub(super) fn next(&mut self, log: &mut Log, now: Instant) -> Option<String> {
        while self.frames.is_empty() {
            self.render(log)?;
        }
        self.trying.get_or_insert(now);
        self.frames.front().cloned()
    }

    /// The first frame was taken.
    pub(super) fn sent(&mut self, took: Duration) {
        self.pace.measure(took);
        self.frames.pop_front();
        self.trying = None;
        self.trouble = None;
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
    pub(super) fn say(&mut self, control: &str) {
        self.frames.push_back(control.to_owned());
    }

    /// It understands control lines.
    pub(super) fn hears_control(&self) -> bool {
        self.shape.format == Format::Agui
    }

    /// It has taken everything it may have.
    pub(super) fn done(&self, log: &Log) -> bool {
        self.frames.is_empty() && self.rendered >= log.sendable()
    }

    /// Since when its next frame is being tried in vain.
    pub(super) fn trying(&self) -> Option<Instant> {
        self.trying
    }

    /// Lines it lacks have left the memory.
    pub(super) fn lost(&self, log: &Log) -> bool {
        self.rendered + 1 < log.first()
    }

    /// Makes frames of the next line, or of as many as share one. `None` when there is no line.
    fn render(&mut self, log: &mut Log) -> Option<()> {
        let entry = log.take(self.rendered + 1)?;
        self.rendered += 1;
        if self.shape.format == Format::Agui {
            let mut frame = entry.json.to_string();
            if self.shape.lines == Lines::Many {
                self.fill(&mut frame, log);
            }
            self.frames.push_back(frame);
        } else {
            self.frames.extend(self.renderer.render(&entry.line));
        }
        Some(())
    }

    fn fill(&mut self, frame: &mut String, log: &mut Log) {
        while let Some(entry) = log.take(self.rendered + 1) {
            if frame.len() + 1 + entry.json.len() > MAX_FRAME_BYTES {
                return;
            }
            frame.push('\n');
            frame.push_str(&entry.json);
            self.rendered += 1;
        }
    }
}
