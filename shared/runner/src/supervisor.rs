//! How a running run finds out: who left, who came, whether it is to stop, whether it is still ours.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use longwire_core::ids::ConnectionId;
use longwire_core::options::OnGone;
use longwire_core::run::CancelReason;
use longwire_core::run::Cursor;
use longwire_store::threads::control::ControlRead;
use longwire_stream::notice::{Notice, Notices};
use longwire_stream::sink::Stopped;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::control_poll;
use crate::running::{Lost, Running};
use longwire_core::clock;

/// How the run is told what to do.
pub(crate) struct Signals {
    /// Tells the loop to stop, and why; once.
    pub stop: watch::Sender<Option<CancelReason>>,
    /// Tells that the step under way must be cut off; once.
    pub cut: watch::Sender<bool>,
    /// Tells the writer since when nobody watches, or that somebody does again.
    pub gone: watch::Sender<Option<u64>>,
    /// The step under way.
    pub step: watch::Receiver<u32>,
}

/// Watches over a run.
pub(crate) struct Watch<'a> {
    running: &'a Running<'a>,
    on_gone: OnGone,
    /// Who watches; the control read asks for their rows.
    attached: watch::Sender<BTreeSet<ConnectionId>>,
    /// Who ever watched, and when they asked to: the row does not forget those who left.
    noticed: BTreeMap<ConnectionId, u64>,
    /// What the sender has to say.
    notices: Notices,
    signals: Signals,
    /// When it is to stop because nobody came back.
    patience: Option<Instant>,
}

impl<'a> Watch<'a> {
    /// Over a run whose lines go to `attached` now.
    pub(crate) fn new(
        running: &'a Running<'a>,
        attached: BTreeMap<ConnectionId, u64>,
        notices: Notices,
        signals: Signals,
    ) -> Self {
        let row = &running.taken.found.row;
        let patience = row
            .gone_since
            .and_then(|since| patience(row.on_gone, since));
        let watching: BTreeSet<_> = attached.keys().cloned().collect();
        // The last one may have gone while the worker before this one handed the run over.
        let unnoticed = watching.is_empty() && row.gone_since.is_none();
        let mut watch = Self {
            running,
            on_gone: row.on_gone,
            attached: watch::Sender::new(watching),
            noticed: attached,
            notices,
            signals,
            patience,
        };
        if unnoticed {
            watch.nobody_watches();
        }
        watch
    }

    /// Watches until the run is lost; when the run has ended this is simply polled no more.
    pub(crate) async fn run(&mut self) -> Lost {
        let mut controls = Box::pin(control_poll::controls(
            self.running,
            self.attached.subscribe(),
        ));
        loop {
            let time = self.running.taken.time.next();
            let patience = self.patience.unwrap_or(time);
            tokio::select! {
                Some(notice) = self.notices.recv() => self.hear(notice),
                Some((asked_for, control)) = controls.next() => {
                    if let Err(lost) = self.learn(&asked_for, control).await {
                        return lost;
                    }
                }
                () = sleep_until(time), if !self.stopping() => self.time_is_up(),
                () = sleep_until(patience), if self.patience.is_some() && !self.stopping() => {
                    self.ask_stop(CancelReason::ClientGone);
                }
            }
        }
    }

    /// Serves those who want lines of the log for as long as `work` takes: the run itself needs no watching
    /// any more.
    pub(crate) async fn while_serving<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Some(notice) = self.notices.recv() => self.hear(notice),
            }
        }
    }

    /// Who ever watched, and when they asked to.
    pub(crate) fn noticed(&self) -> &BTreeMap<ConnectionId, u64> {
        &self.noticed
    }

    fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::Gone(id) | Notice::Stuck(id) => self.left(&id),
        }
    }

    async fn learn(
        &mut self,
        asked_for: &BTreeSet<ConnectionId>,
        control: ControlRead,
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
        for (id, cursor) in row.subscribers {
            self.came(id, cursor).await?;
        }
        if !self.attached.borrow().is_empty() && self.patience.take().is_some() {
            self.signals.gone.send_replace(None);
        }
        Ok(())
    }

    /// Somebody new is in the row, or somebody asks to go on from another place.
    async fn came(&mut self, id: ConnectionId, cursor: Cursor) -> Result<(), Lost> {
        if self.noticed.insert(id.clone(), cursor.requested_at) == Some(cursor.requested_at) {
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
        let Running { deps, fence, .. } = self.running;
        let table = deps.connections.table();
        let control = fence
            .threads
            .control_read(&fence.key, &fence.run_id, table, &[]);
        match control.await {
            Ok(ControlRead { row, .. }) => {
                for (id, cursor) in row.into_iter().flat_map(|row| row.subscribers) {
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
            OnGone::Cancel => self.ask_stop(CancelReason::ClientGone),
            OnGone::Grace(_) => {
                let now = clock::unix_seconds();
                self.patience = patience(self.on_gone, now);
                self.signals.gone.send_replace(Some(now));
            }
            OnGone::Finish => {}
        }
    }

    /// The next worker makes the step once more, unless it was made twice or the run has had its time.
    fn time_is_up(&self) {
        let step = *self.signals.step.borrow();
        if self.running.taken.time.may_cut(step, Instant::now()) {
            self.signals.cut.send_replace(true);
        } else {
            self.ask_stop(CancelReason::Timeout);
        }
    }

    fn stopping(&self) -> bool {
        self.signals.stop.borrow().is_some() || *self.signals.cut.borrow()
    }

    fn ask_stop(&self, reason: CancelReason) {
        self.signals.stop.send_if_modified(|stop| {
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
    let left = (since + u64::from(seconds)).saturating_sub(clock::unix_seconds());
    Some(Instant::now() + Duration::from_secs(left))
}
