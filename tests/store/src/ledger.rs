//! What everybody was told, and what must hold at every moment: looked at after each write, and whenever an
//! operation is told what came of it.

use std::collections::{BTreeMap, BTreeSet};

use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::run::{RunRow, RunStatus};
use longwire_scheduler::{ScheduleError, Started};
use longwire_store::error::StoreError;
use longwire_store::threads::cancel::CancelOutcome;
use longwire_store::threads::resume::ResumeOutcome;

use crate::case::run_names;
use crate::gate::Gate;
use crate::snapshot::Snapshot;
use crate::trouble::What;

/// What everybody was told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What did not hold.
    pub broken: Vec<String>,
    /// What happened, for people.
    pub story: Vec<String>,
    /// Something was lost besides time: requests, answers, or processes.
    pub troubled: bool,
    /// How often something happened to an operation.
    pub troubles: u64,
    /// How often a connection resumed a run that had not ended.
    pub resumes: u64,
    /// Clients were told that these runs stand.
    pub acknowledged: BTreeSet<RunId>,
    /// Workers have written these.
    pub begun: BTreeSet<RunId>,
    /// Clients were told that these are, or will be, cancelled, and whether one was told that it never begins.
    pub cancelled: BTreeMap<RunId, bool>,
    /// Somebody was told that these have ended so.
    pub ended: BTreeMap<RunId, RunStatus>,
    /// How often each was started.
    starts: BTreeMap<RunId, usize>,
    /// Who owned a run under which epoch.
    owners: BTreeMap<(RunId, u32), String>,
    last: Snapshot,
}

impl Ledger {
    /// Something happens to an operation.
    pub(crate) fn trouble(&mut self, what: What) {
        self.troubled |= !what.harmless();
        self.troubles += 1;
        self.story.push(format!("  {what:?}"));
    }

    /// Somebody heard something.
    pub(crate) fn tell(&mut self, who: &str, what: &str) {
        self.story.push(format!("  {who} → {what}"));
    }

    /// Somebody prompts.
    pub(crate) fn starts(&mut self, run: &RunId) {
        *self.starts.entry(run.clone()).or_default() += 1;
    }

    /// A client hears what came of its prompt.
    pub(crate) fn started(
        &mut self,
        run: &RunId,
        if_busy: IfBusy,
        started: &Result<Started, ScheduleError>,
    ) {
        self.tell("its client", &format!("{started:?}"));
        match started {
            Ok(Started::Duplicate { status, .. }) if status.ended() => self.ended(run, *status),
            Ok(Started::Accepted { .. } | Started::Duplicate { .. }) => self.stands(run, if_busy),
            Ok(Started::Busy) => self.is_nowhere(run),
            Err(_) => {}
        }
    }

    fn stands(&mut self, run: &RunId, if_busy: IfBusy) {
        self.acknowledged.insert(run.clone());
        let place = self.last.line.iter().position(|other| other == run);
        match self.last.rows.get(run) {
            None => self.breaks(format!("{run} was acknowledged, and has no row")),
            Some(row) if row.status == RunStatus::Queued && place.is_none() => {
                self.breaks(format!("{run} was acknowledged, and is not in line"));
            }
            Some(_) => {}
        }
        let before = place
            .filter(|_| if_busy == IfBusy::Interrupt)
            .unwrap_or_default();
        let stopped = |row: &RunRow| row.status.ended() || row.cancel_requested.is_some();
        let goes_on = |other: &&RunId| !self.last.rows.get(*other).is_none_or(stopped);
        if let Some(other) = self.last.line[..before].iter().find(goes_on) {
            self.breaks(format!("{run} interrupts, and {other} before it goes on"));
        }
    }

    /// If this was the only start of the run, nothing may be left of it.
    fn is_nowhere(&mut self, run: &RunId) {
        let there = self.last.rows.contains_key(run) || self.last.line.contains(run);
        if self.starts.get(run) == Some(&1) && there {
            self.breaks(format!("{run} was refused, and something is left of it"));
        }
    }

    /// A client hears what came of its wish to stop a run.
    pub(crate) fn cancelled(&mut self, run: &RunId, cancelled: Result<CancelOutcome, StoreError>) {
        let (word, ended) = match cancelled {
            Ok(CancelOutcome::WhileQueued(_)) => {
                self.cancelled.insert(run.clone(), true);
                ("it never begins", None)
            }
            Ok(CancelOutcome::Requested(_)) => {
                self.cancelled.entry(run.clone()).or_default();
                ("it will be", None)
            }
            Ok(CancelOutcome::Ended(row)) => ("it had ended", Some(row.status)),
            Ok(CancelOutcome::Missing) => ("there is none", None),
            Err(_) => ("nobody knows", None),
        };
        self.tell("its client", word);
        if let Some(status) = ended {
            self.ended(run, status);
        }
    }

    /// A client hears what came of its `resume`.
    pub(crate) fn resumed(
        &mut self,
        run: &RunId,
        connection: &ConnectionId,
        resumed: &Result<ResumeOutcome, StoreError>,
    ) {
        self.tell("its client", &format!("{resumed:?}"));
        match resumed {
            Ok(ResumeOutcome::Subscribed(row, _)) => {
                self.resumes += 1;
                if !row.subscribers.contains_key(connection) {
                    self.breaks(format!("{connection} resumed {run}, and is not in its row"));
                }
            }
            Ok(ResumeOutcome::Ended(row, _)) => self.ended(run, row.status),
            Ok(ResumeOutcome::Missing) | Err(_) => {}
        }
    }

    /// No write of a worker may undo a `resume`: the next worker must find it.
    fn keeps_subscribers(&mut self, gate: &Gate, run: &RunId, old: &RunRow, new: &RunRow) {
        let kept = |id: &ConnectionId| new.subscribers.get(id).map(|kept| kept.requested_at);
        let mut resumed = old
            .subscribers
            .iter()
            .filter(|(_, cursor)| cursor.requested_at > 0);
        let undone = resumed.find(|(id, cursor)| kept(id) != Some(cursor.requested_at));
        if let Some((id, _)) = undone.filter(|_| gate.begun.get().is_some()) {
            let message = format!("{} undid the resume of {id} to {run}", gate.name);
            self.breaks(message);
        }
    }

    /// Somebody was told that a run has ended.
    pub(crate) fn ended(&mut self, run: &RunId, status: RunStatus) {
        let before = *self.ended.entry(run.clone()).or_insert(status);
        if before != status {
            self.breaks(format!("{run} was {before:?}, and then {status:?}"));
        }
    }

    /// A write was made, and this is how it left the thread.
    pub(crate) fn see(&mut self, gate: &Gate, now: Snapshot) {
        let before = std::mem::replace(&mut self.last, now);
        if before.line != self.last.line {
            self.story
                .push(format!("  {}: line {}", gate.name, names(&self.last.line)));
            self.line_changed(&before.line);
        }
        for run in run_names() {
            let (old, new) = (before.rows.get(&run), self.last.rows.get(&run).cloned());
            if old == new.as_ref() {
                continue;
            }
            let told = new.as_ref().map_or("gone".to_owned(), brief);
            self.story.push(format!("  {}: {run} {told}", gate.name));
            match (old, new) {
                (Some(old), None) => self.removed(&run, old),
                (Some(old), Some(_)) if old.status.ended() => {
                    self.breaks(format!("{run} had ended, and {} changed it", gate.name));
                }
                (old, Some(new)) => {
                    if let Some(old) = old {
                        self.keeps_subscribers(gate, &run, old, &new);
                    }
                    self.changed(gate, &run, &new);
                }
                (None, None) => {}
            }
        }
    }

    fn line_changed(&mut self, before: &[RunId]) {
        let line = self.last.line.clone();
        let distinct: BTreeSet<_> = line.iter().collect();
        if distinct.len() < line.len() {
            self.breaks(format!("a run is in line twice: {}", names(&line)));
        }
        for run in before.iter().filter(|run| !line.contains(run)) {
            if self
                .last
                .rows
                .get(run)
                .is_some_and(|row| !row.status.ended())
            {
                self.breaks(format!("{run} left the line, and has not ended"));
            }
        }
    }

    fn removed(&mut self, run: &RunId, row: &RunRow) {
        if row.epoch > 0 || row.status != RunStatus::Queued || self.acknowledged.contains(run) {
            self.breaks(format!(
                "{run} was taken back, although it was taken, ended or acknowledged"
            ));
        }
    }

    fn changed(&mut self, gate: &Gate, run: &RunId, row: &RunRow) {
        if let Some(owner) = &row.claimed_by {
            let first = self
                .owners
                .entry((run.clone(), row.epoch))
                .or_insert_with(|| owner.clone());
            if first != owner {
                let epoch = row.epoch;
                let message = format!("{first} and {owner} both own {run} in epoch {epoch}");
                self.breaks(message);
            }
        }
        if gate.begun.get() == Some(run) {
            self.begun.insert(run.clone());
            if self.last.line.first() != Some(run) {
                self.breaks(format!(
                    "{} writes {run}, which is not the first in line",
                    gate.name
                ));
            }
        }
    }

    /// Something does not hold.
    pub(crate) fn breaks(&mut self, what: String) {
        self.story.push(format!("  !!! {what}"));
        self.broken.push(what);
    }
}

fn names(line: &[RunId]) -> String {
    let names: Vec<_> = line.iter().map(RunId::as_str).collect();
    format!("[{}]", names.join(" "))
}

fn brief(row: &RunRow) -> String {
    let owner = row.claimed_by.as_deref().unwrap_or("nobody");
    let asked = row
        .cancel_requested
        .map(|reason| format!(", to be stopped: {reason:?}"));
    format!(
        "{:?}, epoch {}, {owner}'s, lines to {}{}",
        row.status,
        row.epoch,
        row.last_seq,
        asked.unwrap_or_default()
    )
}
