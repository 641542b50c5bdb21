//! How a running run finds out: who left, who came, whether it is to stop, whether it is still ours.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use shared::aws::threads::control::Control;
use shared::ids::ConnectionId;
use shared::run::{Cursor, OnGone};
use shared::sender::handle::Stopped;
use shared::sender::settings::{Notice, Notices};
use shared::wire::line::Reason;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::clock;
use crate::polling;
use crate::running::{Lost, Running};

/// Watches over a run.
pub(crate) struct Watch<'a> {
    running: &'a Running<'a>,
    on_gone: OnGone,
    /// Who watches; the control read asks for their rows.
    attached: watch::Sender<BTreeSet<ConnectionId>>,
    /// Who ever watched: the row does not forget those who left.
    seen: BTreeSet<ConnectionId>,
    /// Tells the loop to stop, and why; once.
    stop: watch::Sender<Option<Reason>>,
    /// Tells the writer since when nobody watches, or that somebody does again.
    gone: watch::Sender<Option<u64>>,
    /// When the run must stop for want of time.
    deadline: Instant,
    /// When it is to stop because nobody came back.
    patience: Option<Instant>,
}

impl<'a> Watch<'a> {
    /// Over a run whose lines go to `attached` now.
    pub(crate) fn new(
        running: &'a Running<'a>,
        attached: BTreeSet<ConnectionId>,
        stop: watch::Sender<Option<Reason>>,
        gone: watch::Sender<Option<u64>>,
    ) -> Self {
        let row = &running.taken.found.row;
        let patience = row
            .gone_since
            .and_then(|since| patience(row.on_gone, since));
        let seen = attached.clone();
        let attached = watch::Sender::new(attached);
        let deadline = running.taken.deadline();
        Self {
            running,
            on_gone: row.on_gone,
            attached,
            seen,
            stop,
            gone,
            deadline,
            patience,
        }
    }

    /// Watches until the run is lost; when the run has ended this is simply polled no more.
    pub(crate) async fn run(&mut self, mut notices: Notices) -> Lost {
        let mut controls = Box::pin(polling::controls(self.running, self.attached.subscribe()));
        loop {
            let patience = self.patience.unwrap_or(self.deadline);
            tokio::select! {
                Some(notice) = notices.recv() => match notice {
                    Notice::Gone(id) | Notice::Stuck(id) => self.left(&id),
                },
                Some((asked_for, control)) = controls.next() => {
                    if let Err(lost) = self.learn(&asked_for, control).await {
                        return lost;
                    }
                }
                () = sleep_until(self.deadline), if !self.stopping() => self.ask_stop(Reason::Timeout),
                () = sleep_until(patience), if self.patience.is_some() && !self.stopping() => {
                    self.ask_stop(Reason::ClientGone);
                }
            }
        }
    }

    async fn learn(
        &mut self,
        asked_for: &BTreeSet<ConnectionId>,
        control: Control,
    ) -> Result<(), Lost> {
        let Some(row) = control
            .row
            .filter(|row| row.epoch == self.running.fence.epoch && !row.status.ended())
        else {
            return Err(Lost::fenced());
        };
        if let Some(reason) = row.cancel_requested {
            self.ask_stop(reason);
        }
        for id in asked_for.difference(&control.present.into_iter().collect()) {
            let _: Result<(), Stopped> = self.running.lines.detach(id.clone()).await;
            self.left(id);
        }
        for (id, cursor) in row.attached {
            self.came(id, cursor).await?;
        }
        if !self.attached.borrow().is_empty() && self.patience.take().is_some() {
            self.gone.send_replace(None);
        }
        Ok(())
    }

    async fn came(&mut self, id: ConnectionId, cursor: Cursor) -> Result<(), Lost> {
        if !self.seen.insert(id.clone()) {
            return Ok(());
        }
        self.running.lines.attach(id.clone(), cursor).await?;
        self.attached
            .send_if_modified(|attached| attached.insert(id));
        Ok(())
    }

    /// Whoever attached after the last control read, to a run that has ended meanwhile, gets its lines all
    /// the same.
    pub(crate) async fn serve_latecomers(&mut self) -> Result<(), Lost> {
        let fence = &self.running.fence;
        match fence.threads.run(&fence.key, &fence.run_id).await {
            Ok(row) => {
                for (id, cursor) in row.into_iter().flat_map(|row| row.attached) {
                    self.came(id, cursor).await?;
                }
            }
            Err(fault) => tracing::warn!(%fault, "who came late could not be read"),
        }
        Ok(())
    }

    fn left(&mut self, id: &ConnectionId) {
        let left = self
            .attached
            .send_if_modified(|attached| attached.remove(id));
        if left && self.attached.borrow().is_empty() {
            self.nobody_watches();
        }
    }

    fn nobody_watches(&mut self) {
        match self.on_gone {
            OnGone::Cancel => self.ask_stop(Reason::ClientGone),
            OnGone::Grace(_) => {
                let now = clock::seconds();
                self.patience = patience(self.on_gone, now);
                self.gone.send_replace(Some(now));
            }
            OnGone::Finish => {}
        }
    }

    fn stopping(&self) -> bool {
        self.stop.borrow().is_some()
    }

    fn ask_stop(&self, reason: Reason) {
        self.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(reason);
            first
        });
    }
}

/// Until when a run waits for somebody to come back, when nobody watches since `since`.
fn patience(on_gone: OnGone, since: u64) -> Option<Instant> {
    let OnGone::Grace(seconds) = on_gone else {
        return None;
    };
    let left = (since + u64::from(seconds)).saturating_sub(clock::seconds());
    Some(Instant::now() + Duration::from_secs(left))
}
