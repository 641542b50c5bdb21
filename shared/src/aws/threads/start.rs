//! How a run starts: its row and input, its place in the thread's line, and, when it is the first there,
//! the message that wakes a worker. A start that is cut off anywhere can be repeated under its run's name.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::try_join_all;

use super::Threads;
use super::keys::{self, ThreadKey};
use super::line::{Appended, MAX_LINE};
use super::wake::{job, overdue};
use crate::aws::fault::Fault;
use crate::aws::queue::Queue;
use crate::ids::{ConnectionId, MessageId, RunId};
use crate::job::VERSION;
use crate::message::Usage;
use crate::run::{Context, Cursor, OnGone, RunInput, RunRow, Status};
use crate::wire::client::options::IfBusy;
use crate::wire::line::Reason;
use crate::wire::shape::Shape;

/// How long a queued run may stay untouched before its message is sent again, in seconds.
pub(super) const WAKE_QUEUED: u64 = 300;

/// How long a run is remembered, in seconds: a repeated start is known for a day, and TTL is no clock.
const REMEMBER: u64 = 48 * 3600;

/// A run that somebody wants. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// On this thread.
    pub key: ThreadKey,
    /// Its name.
    pub run_id: RunId,
    /// The name of the user's message.
    pub message_id: MessageId,
    /// What the user says.
    pub prompt: String,
    /// What the model shall know besides.
    pub context: Vec<Context>,
    /// Thinking is shown.
    pub reasoning: bool,
    /// What becomes of it when the thread has an active run.
    pub if_busy: IfBusy,
    /// What becomes of it when nobody watches any more.
    pub on_gone: OnGone,
    /// The connection that starts it, and watches it.
    pub watcher: ConnectionId,
    /// How that one wants its frames.
    pub shape: Shape,
    /// Now.
    pub now: u64,
    /// How long the thread lives after this; for ever with `None`.
    pub keep: Option<Duration>,
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It is durable.
    Accepted {
        /// Its place in the line: 0 is the active run's.
        position: usize,
    },
    /// A run of that name was there before.
    Duplicate {
        /// Where it stands.
        status: Status,
        /// Its place in the line, while it is queued.
        position: usize,
        /// The name of its user's message.
        message_id: MessageId,
    },
    /// The thread's line is full, or not empty for one that does not wait. What is left of the start begins
    /// only if it is repeated.
    Busy,
}

impl Threads {
    /// Starts a run. With a fault nothing is left of the start, as far as that could be done; what is left
    /// starts nothing by itself, or is found by `wakeBy`, and the same start may be sent again.
    pub async fn start(&self, queue: &Queue, run: &NewRun) -> Result<Started, Fault> {
        if let Some(row) = self.record(run).await? {
            return self.repeat(queue, run, row).await;
        }
        match self.line_up(queue, run).await {
            Ok(Appended::At { position, .. }) => Ok(Started::Accepted { position }),
            Ok(Appended::Full(_)) => self.busy(run).await,
            Err(fault) => match self.withdraw(queue, run).await {
                Ok(Some(row)) => left(row, Err(fault)),
                Ok(None) => Err(fault),
                Err(second) => {
                    tracing::warn!(run = %run.run_id, "a start was not taken back: {second}");
                    Err(fault)
                }
            },
        }
    }

    /// Puts the run in the thread's line and sends its message when it is the active one. One that waits
    /// looks after the active run instead.
    pub(super) async fn line_up(&self, queue: &Queue, run: &NewRun) -> Result<Appended, Fault> {
        let appended = self
            .append(&run.key, &run.run_id, run.most(), run.now, run.keep)
            .await?;
        match &appended {
            Appended::At { position: 0, .. } => queue.send(&job(&run.key, &run.run_id)).await?,
            Appended::At { meta, position } => {
                if run.if_busy == IfBusy::Interrupt {
                    self.supersede(run, &meta.line[..*position]).await?;
                }
                self.look_after(queue, run, meta.head()).await;
            }
            // What is at its head may have ended without anybody to move the line on.
            Appended::Full(meta) => self.look_after(queue, run, meta.head()).await,
        }
        Ok(appended)
    }

    /// Cancels what is before the run in line.
    async fn supersede(&self, run: &NewRun, before: &[RunId]) -> Result<(), Fault> {
        let cancels = before
            .iter()
            .map(|other| self.cancel(&run.key, other, Reason::Superseded, run.now));
        try_join_all(cancels).await.map(drop)
    }

    /// The run in line is safe whatever comes of this.
    async fn look_after(&self, queue: &Queue, run: &NewRun, head: Option<&RunId>) {
        if let Some(head) = head
            && let Err(fault) = self.wake_overdue(queue, &run.key, head, run.now).await
        {
            tracing::warn!(run = %head, "an active run was not looked after: {fault}");
        }
    }

    /// Answers a start whose run was there before, and mends what an interrupted start left undone. Whoever
    /// repeats it watches the run.
    async fn repeat(&self, queue: &Queue, run: &NewRun, row: RunRow) -> Result<Started, Fault> {
        let known = |status, position| Started::Duplicate {
            status,
            position,
            message_id: row.message_id.clone(),
        };
        if row.status.ended() {
            return Ok(known(row.status, 0));
        }
        self.attach(run).await?;
        if row.status != Status::Queued {
            if overdue(Some(&row), run.now) {
                queue.send(&job(&run.key, &run.run_id)).await?;
            }
            return Ok(known(row.status, 0));
        }
        match self.line_up(queue, run).await? {
            Appended::At { position, .. } => Ok(known(Status::Queued, position)),
            Appended::Full(_) => self.busy(run).await,
        }
    }

    /// Takes back a start that found no place in line. The row of one that was repeated stays, because its
    /// repetition may be on the way to the line; the sweep ends it if it is not.
    async fn busy(&self, run: &NewRun) -> Result<Started, Fault> {
        match self.take_back(run).await? {
            None => Ok(Started::Busy),
            Some(row) => left(row, Ok(Started::Busy)),
        }
    }
}

/// What became of a start that could not be taken back: one that a worker has, or had, was a start.
fn left(row: RunRow, queued: Result<Started, Fault>) -> Result<Started, Fault> {
    match row.status {
        Status::Queued => queued,
        Status::Running => Ok(Started::Accepted { position: 0 }),
        status @ (Status::Finished | Status::Failed | Status::Cancelled) => {
            Ok(Started::Duplicate {
                status,
                position: 0,
                message_id: row.message_id,
            })
        }
    }
}

impl NewRun {
    /// How many runs it puts up with before it.
    fn most(&self) -> usize {
        match self.if_busy {
            IfBusy::Queue | IfBusy::Interrupt => MAX_LINE,
            IfBusy::Reject => 1,
        }
    }

    pub(super) fn row(&self) -> RunRow {
        let cursor = Cursor::new(0, self.shape);
        RunRow {
            v: VERSION,
            status: Status::Queued,
            epoch: 0,
            taken_by: None,
            restarts: Vec::new(),
            lease_until: 0,
            wake_by: Some(self.now + WAKE_QUEUED),
            open: Some(keys::open_part(&self.run_id)),
            crashes: 0,
            handovers: 0,
            cut: None,
            cancel_requested: None,
            reason: None,
            attached: BTreeMap::from([(self.watcher.clone(), cursor)]),
            gone_since: None,
            on_gone: self.on_gone,
            last_seq: 0,
            message_id: self.message_id.clone(),
            usage: Usage::default(),
            started_at: self.now,
            ended_at: None,
            ttl: self.now + REMEMBER,
        }
    }

    pub(super) fn input(&self) -> RunInput {
        RunInput {
            v: VERSION,
            message_id: self.message_id.clone(),
            prompt: self.prompt.clone(),
            context: self.context.clone(),
            reasoning: self.reasoning,
            ttl: self.now + REMEMBER,
        }
    }
}
