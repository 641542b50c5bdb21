//! Place of a claimed run in its thread's run queue.

use std::time::Duration;

use anyhow::Context as _;
use longwire_core::ids::RunId;
use longwire_core::run::RunRow;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::run_queue::{Append, Appended, MAX_RUNS};
use tokio::time::sleep;

use crate::load::Loaded;
use crate::runner::Runner;

/// Pauses between reads of a run queue that does not have the run yet, in milliseconds: longer in all than a start waits for
/// its append.
const APPEND_PAUSES: [u64; 7] = [10, 20, 40, 80, 160, 320, 640];

/// Place of a run in its run queue.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    /// At the head.
    Head,
    /// Behind this head.
    Behind(RunId),
    /// In none: the thread was deleted, and the run is to be cancelled.
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
    /// Finds the run's place in its run queue. A start sends the job of a run while it appends the run, so the job may be here
    /// first. A run that is not appended then, because its start ended before, is appended before it begins, or it would
    /// run beside the next one.
    pub(crate) async fn place(
        &self,
        lease: &RunLease,
        row: &RunRow,
        mut loaded: Loaded,
    ) -> anyhow::Result<(Place, Loaded)> {
        let mut pauses = APPEND_PAUSES.into_iter().map(Duration::from_millis);
        loop {
            let thread = loaded.meta.as_ref();
            if thread.is_some_and(|meta| !meta.has(row)) {
                return Ok((Place::Deleted, loaded));
            }
            let queue = thread.map_or(&[][..], |meta| &meta.run_queue);
            if let Some(place) = place(queue, &lease.run_id) {
                return Ok((place, loaded));
            }
            let Some(pause) = pauses.next().filter(|_| row.epoch == 1) else {
                return self.append(lease, row, loaded).await;
            };
            sleep(pause).await;
            // All of it: a run that was ahead may have ended and stored its messages meanwhile.
            loaded = self.load(&lease.key, &lease.run_id).await?;
        }
    }

    /// Appends a run that is in no run queue.
    async fn append(
        &self,
        lease: &RunLease,
        row: &RunRow,
        loaded: Loaded,
    ) -> anyhow::Result<(Place, Loaded)> {
        let append = Append {
            run_id: &lease.run_id,
            recorded_at: row.recorded_at(),
            max: MAX_RUNS,
            first: false,
            now: self.now(),
            life: self.settings.life,
        };
        let appended = self.threads.append(&lease.key, append).await;
        let meta = match appended.context("appending the run to its run queue")? {
            Appended::At { meta, .. } | Appended::Full(meta) if meta.has(row) => meta,
            // The thread expired meanwhile, and the append started its next generation.
            Appended::At { .. } | Appended::Full(_) | Appended::Left | Appended::Deleted => {
                return Ok((Place::Deleted, loaded));
            }
        };
        let place = place(&meta.run_queue, &lease.run_id);
        let place = place.unwrap_or_else(|| match meta.head() {
            Some(head) => Place::Behind(head.clone()),
            None => Place::Head,
        });
        let loaded = Loaded {
            meta: Some(meta),
            ..loaded
        };
        Ok((place, loaded))
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
