//! Erasing a former generation of a thread: one that expired, was deleted, or was followed by the next.
//!
//! Messages have no expiry of their own; they live as long as their generation. The change of the thread's own
//! item is the only sign that they are no longer needed.

use aws_sdk_dynamodb::types::ConditionCheck;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::{Item, n, read};
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::former_generation::{FormerGeneration, Generation};
use crate::threads::keys;
use crate::threads::run_row::StoredStatus;
use crate::threads::transition::Transition;
use crate::transact::check_item;
use crate::update::held;

/// Most keys per query. A query also ends after 1 MB of the items behind them.
const PAGE: i32 = 500;

/// Outcome of erasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// No item of the generation is left.
    Done {
        /// Number of items that were deleted.
        items: usize,
    },
    /// Nothing was deleted: the thread has this generation, or an earlier one. Its item was restored from a backup.
    Current,
}

/// Control row or another item of a run, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunItem {
    item: String,
    #[serde(default)]
    generation: Option<u64>,
    #[serde(flatten)]
    status: StoredStatus,
    #[serde(default)]
    recorded_at: Option<u64>,
}

impl RunItem {
    /// Tells whether the run names no generation and was recorded before the thread was deleted, so that it can belong to
    /// no later one.
    fn deleted(&self, deleted_at: Option<u64>) -> bool {
        let recorded_at = self.recorded_at.filter(|_| self.generation.is_none());
        recorded_at.is_some_and(|recorded| deleted_at.is_some_and(|deleted| recorded < deleted))
    }
}

impl Threads {
    /// Deletes the items of a former generation: its runs with their inputs and event logs, its messages, message ids and results
    /// of client's calls. `now` is in seconds since 1970. May be repeated, and dropped at any time: what a first call left, the
    /// next one deletes.
    ///
    /// A run belongs to the generation that its first message wrote into its row. The rows are ended before anything else is
    /// deleted, so that no worker adds to what was read; each row is deleted after the rest of its run, because the row
    /// tells which generation the rest belongs to, and each deletion depends on it: an earlier call may continue while a
    /// client starts a run of the same id in the next generation. A run without a message names no generation: it belongs to
    /// the former one if it was recorded before the thread was deleted; else it has an expiry of its own.
    pub async fn erase(&self, former: &FormerGeneration, now: u64) -> Result<Erased, StoreError> {
        let FormerGeneration { key, generation } = former;
        let current: Option<Generation> = self.get(key, keys::META.to_owned()).await?;
        if current
            .as_ref()
            .is_some_and(|current| current.born <= *generation)
        {
            return Ok(Erased::Current);
        }
        let deleted_at = current.and_then(|current| current.deleted_at);
        let runs = self.end_runs(former, deleted_at, now).await?;
        let mut items = 0;
        for run_id in &runs {
            items += self.erase_run(key, run_id, *generation).await?;
        }
        for prefix in [
            keys::messages(*generation),
            keys::message_ids(*generation),
            keys::call_results(*generation),
        ] {
            items += self.delete_all(key, &prefix, None).await?;
        }
        Ok(Erased::Done { items })
    }

    /// Finds the runs of the generation and ends those that are unfinished.
    async fn end_runs(
        &self,
        former: &FormerGeneration,
        deleted_at: Option<u64>,
        now: u64,
    ) -> Result<Vec<RunId>, StoreError> {
        let FormerGeneration { key, generation } = former;
        let (mut runs, mut from) = (Vec::new(), None);
        loop {
            let (page, next) = self.run_page(key, from).await?;
            for item in page {
                let run: RunItem = read(item)?;
                let unnamed = run.recorded_at.filter(|_| run.deleted(deleted_at));
                let belongs = unnamed.is_some() || run.generation == Some(*generation);
                let Some(run_id) = keys::parse_run(&run.item).filter(|_| belongs) else {
                    continue;
                };
                if let Some(recorded_at) = unnamed {
                    self.name_generation(key, &run_id, *generation, recorded_at)
                        .await?;
                }
                if !run.status.ended() {
                    self.end_erased(key, &run_id, *generation, now).await?;
                }
                runs.push(run_id);
            }
            from = next;
            if from.is_none() {
                return Ok(runs);
            }
        }
    }

    /// Writes the generation into the row of the run that was recorded at this time and names none. A worker that stores its
    /// first message at the same time writes the same one.
    async fn name_generation(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        generation: u64,
        recorded_at: u64,
    ) -> Result<(), StoreError> {
        let request = self
            .update_row(key, run_id)
            .update_expression("SET generation = :generation")
            .condition_expression("recordedAt = :recordedAt AND attribute_not_exists(generation)")
            .expression_attribute_values(":generation", n(generation))
            .expression_attribute_values(":recordedAt", n(recorded_at));
        held(with_jitter(|| async { Ok(request.clone().send().await?) }).await).map(drop)
    }

    async fn run_page(
        &self,
        key: &ThreadKey,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let query = self
            .query_prefix(key, keys::RUNS)
            .consistent_read(true)
            .projection_expression("#item, generation, #status, recordedAt")
            .expression_attribute_names("#status", "status")
            .limit(PAGE)
            .set_exclusive_start_key(from);
        let output = with_jitter(|| async { Ok(query.clone().send().await?) }).await?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }

    /// Deletes the event log, the input, the frame and the control row of a run, unless a run of the same id was started
    /// meanwhile in another generation.
    async fn erase_run(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        generation: u64,
    ) -> Result<usize, StoreError> {
        let row = keys::item(key, keys::run(run_id));
        let of_generation = check_item(
            ConditionCheck::builder()
                .table_name(&self.table)
                .set_key(Some(row.clone()))
                .condition_expression("generation = :generation")
                .expression_attribute_values(":generation", n(generation)),
        )?;
        let mut items = 0;
        for prefix in [keys::event_log(run_id), keys::run_items(run_id)] {
            items += self.delete_all(key, &prefix, Some(&of_generation)).await?;
        }
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(row))
            .condition_expression("generation = :generation")
            .expression_attribute_values(":generation", n(generation));
        let deleted = with_jitter(|| async { Ok(delete.clone().send().await?) }).await;
        Ok(items + usize::from(held(deleted)?))
    }

    /// Ends a run and does not read its row, which a newer version may have written.
    async fn end_erased(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        generation: u64,
        at: u64,
    ) -> Result<(), StoreError> {
        let end = Transition::Erase { generation, at }.expression()?;
        let request = end.into_request(self.update_row(key, run_id));
        held(with_jitter(|| async { Ok(request.clone().send().await?) }).await).map(drop)
    }
}
