//! Place of a claimed run in its thread's run queue.

use anyhow::Context as _;
use longwire_core::ids::RunId;
use longwire_core::job::Job;
use longwire_core::run::RunRow;
use longwire_store::threads::advance::Fence;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::run_queue::{Append, Appended, MAX_RUNS};

use crate::load::Loaded;
use crate::runner::Runner;

/// Place of a run in its run queue.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    /// At the head.
    Head,
    /// Behind this head.
    Behind(RunId),
    /// In a queue that does not move, because the thread waits for answers to calls.
    Waits,
    /// In none, and the run is to be cancelled: the thread was deleted, or the wait ended before the run that follows it was
    /// queued.
    Deleted,
}

/// Place of a run in a run queue; `None` when the queue does not contain it.
fn place(run_queue: &[RunId], run_id: &RunId) -> Option<Place> {
    let head = run_queue.first()?;
    if head == run_id {
        return Some(Place::Head);
    }
    run_queue
        .contains(run_id)
        .then(|| Place::Behind(head.clone()))
}

impl Runner {
    /// Finds the run's place in its run queue. A job is sent after its run was appended. A run that is in no queue all the
    /// same, because a start of before 0.1.0 removed it, is appended before it begins, or it would run beside the next one.
    pub(crate) async fn place(
        &self,
        job: &Job,
        lease: &RunLease,
        row: &RunRow,
        loaded: Loaded,
    ) -> anyhow::Result<(Place, Loaded)> {
        let thread = loaded.meta.as_ref();
        if thread.is_some_and(|meta| !meta.has(row)) {
            return Ok((Place::Deleted, loaded));
        }
        if thread.is_some_and(|meta| meta.pending.is_some()) {
            return Ok((Place::Waits, loaded));
        }
        let queue = thread.map_or(&[][..], |meta| &meta.run_queue);
        if let Some(place) = place(queue, &lease.run_id) {
            return Ok((place, loaded));
        }
        let input = loaded.input.as_ref();
        if input.is_some_and(|input| input.after.is_some()) {
            return Ok((Place::Deleted, loaded));
        }
        let append = Append {
            run_id: &lease.run_id,
            recorded_at: row.recorded_at(),
            max: MAX_RUNS,
            supersede: false,
            now: self.now(),
            life: self.settings.life,
        };
        let appended = self.threads.append(&lease.key, append).await;
        let meta = match appended.context("appending the run to its run queue")? {
            Appended::At { meta, .. } | Appended::Full(meta) if meta.has(row) => meta,
            // The thread expired meanwhile, and the append started its next generation.
            Appended::At { .. } | Appended::Full(_) | Appended::Deleted => {
                return Ok((Place::Deleted, loaded));
            }
            Appended::Waits => return Ok((Place::Waits, loaded)),
        };
        self.check_owner(job, lease).await?;
        let place = place(&meta.run_queue, &lease.run_id);
        let place = place.unwrap_or_else(|| match meta.active() {
            Some(head) => Place::Behind(head.clone()),
            None => Place::Head,
        });
        let loaded = Loaded {
            meta: Some(meta),
            ..loaded
        };
        Ok((place, loaded))
    }

    /// Checks after the append that the run is still this worker's. Another one may have ended it since the claim, and
    /// removed it from the queue; then nobody would remove it again.
    async fn check_owner(&self, job: &Job, lease: &RunLease) -> anyhow::Result<()> {
        let fence = match self.threads.run_row(&lease.key, &lease.run_id).await? {
            Some(row) if lease.holds(&row) => return Ok(()),
            Some(_) => Fence::Ended,
            None => Fence::Missing,
        };
        self.advance(job, self.past(job, fence)).await?;
        Err(anyhow::anyhow!("the run has another owner, or has ended"))
    }

    /// Completes the history of a run that is about to begin. Its input takes the message id of its row, because the
    /// two are written apart.
    pub(crate) async fn complete(
        &self,
        lease: &RunLease,
        row: &RunRow,
        place: Place,
        mut loaded: Loaded,
    ) -> anyhow::Result<(Place, Loaded)> {
        if let Some(input) = &mut loaded.input {
            input.message_id = row.message_id.clone();
        }
        if let (Place::Head, Some(meta)) = (&place, &loaded.meta) {
            let generation = meta.generation;
            self.find_prompt(
                &lease.key,
                row,
                &lease.run_id,
                generation,
                loaded.frame.as_ref(),
                &mut loaded.history,
            )
            .await?;
            if row.tip.is_none() || loaded.history.calling(&lease.run_id).is_some() {
                let input = loaded.input.as_ref();
                let follows = input.is_some_and(|input| input.after.is_some());
                let answers = self.open_answers(&lease.key, generation, &loaded.history, follows);
                loaded.answers = answers.await?;
            }
        }
        Ok((place, loaded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> RunId {
        RunId::trusted(name)
    }

    #[test]
    fn a_run_begins_only_at_the_head_of_its_queue() {
        let queue = [id("r_1"), id("r_2")];
        assert_eq!(place(&queue, &id("r_1")), Some(Place::Head));
        assert_eq!(place(&queue, &id("r_2")), Some(Place::Behind(id("r_1"))));
        assert_eq!(place(&queue, &id("r_3")), None);
        assert_eq!(place(&[], &id("r_1")), None);
    }
}
