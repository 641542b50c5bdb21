//! Cells: the conditions of a measurement.

use std::time::Duration;

use crate::fakes::connections::Fault;
use crate::trace::Reply;

/// Time to the first delta of a reply, as of a fast model.
const FIRST: Duration = Duration::from_millis(300);

/// One cell of the bench.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// Name, also of its files.
    pub(crate) name: &'static str,
    /// Round trip of a post, D.
    pub(crate) round_trip: Duration,
    /// Part of the round trip in which a connection takes one frame, and no other one.
    pub(crate) frame: Duration,
    /// Replies of the model, one a call.
    pub(crate) replies: Vec<Reply>,
    /// Connections that receive the run's events.
    pub(crate) subscribers: usize,
    /// Fault of the posts.
    pub(crate) fault: Fault,
    /// Controls are measured, too.
    pub(crate) controlled: bool,
    /// Part of a quick bench.
    pub(crate) quick: bool,
}

impl Cell {
    fn new(name: &'static str, round_trip: u64, replies: Vec<Reply>) -> Self {
        Self {
            name,
            round_trip: Duration::from_millis(round_trip),
            frame: Duration::ZERO,
            replies,
            subscribers: 1,
            fault: Fault::None,
            controlled: false,
            quick: false,
        }
    }

    fn steady(name: &'static str, round_trip: u64, rate: u32, count: u32) -> Self {
        let reply = Reply::steady(FIRST, f64::from(rate), count);
        Self::new(name, round_trip, vec![reply])
    }

    fn controlled(self) -> Self {
        Self {
            controlled: true,
            ..self
        }
    }

    fn quick(self) -> Self {
        Self {
            quick: true,
            ..self
        }
    }

    fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// Cell of the answers beside which events are pushed, where a connection takes one frame at a time.
    pub(crate) fn storm(name: &'static str, frame: Duration) -> Self {
        Self {
            frame,
            ..Self::steady(name, 25, 200, 600)
        }
    }

    /// All cells, without that of the storm.
    pub(crate) fn all() -> Vec<Self> {
        let burst = Reply::burst(FIRST, Duration::from_secs(1), 75);
        let tools = vec![Reply::tools(FIRST, 8), Reply::steady(FIRST, 50.0, 50)];
        vec![
            Self::steady("d25-r200", 25, 200, 300).controlled().quick(),
            Self::steady("d25-r45", 25, 45, 100).controlled().quick(),
            Self::steady("d10-r50", 10, 50, 100).controlled().quick(),
            Self::steady("d1-r200", 1, 200, 300).quick(),
            Self::steady("d50-r50", 50, 50, 100),
            Self::steady("d5-r600", 5, 600, 1000).quick(),
            Self::new("burst-75", 25, vec![burst]).quick(),
            Self::steady("long-16000", 25, 600, 16_000),
            Self::new("tools-8", 25, tools).quick(),
            Self {
                subscribers: 20,
                ..Self::steady("subscribers-20", 25, 200, 300)
            }
            .quick(),
            Self::steady("gone", 25, 45, 100)
                .with(Fault::Gone(10))
                .quick(),
            Self::steady("throttled", 25, 200, 300)
                .with(Fault::Every(5, 429))
                .quick(),
            Self::steady("failing", 25, 200, 300).with(Fault::Every(7, 503)),
            Self::steady("stall", 25, 200, 300)
                .with(Fault::Stall(5, 1000))
                .quick(),
        ]
    }

    /// Time that the model takes for all replies.
    pub(crate) fn model_time(&self) -> Duration {
        self.replies.iter().map(Reply::duration).sum()
    }

    /// Number of the text's deltas.
    pub(crate) fn deltas(&self) -> usize {
        self.replies.iter().map(|reply| reply.deltas.len()).sum()
    }

    /// The connection is gone before the end, so that there is neither a complete text nor an end.
    pub(crate) fn cut_short(&self) -> bool {
        matches!(self.fault, Fault::Gone(_))
    }
}
