//! Counters in the control row of a run, which bound what is sent again: `wakes` its job, `endPosts` its end.

use longwire_core::ids::RunId;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::Threads;
use crate::threads::transition::status_value;
use crate::threads::update_expression::UpdateExpression;
use crate::update::{Updated, update};

impl Threads {
    /// Counts that the job of a run was sent again, and moves the `wakeBy` deadline of an unfinished one to `wake_by`,
    /// in seconds since 1970. Changes nothing when another writer changed the row since `read`.
    pub async fn count_wake(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        read: &RunRow,
        wake_by: Option<u64>,
    ) -> Result<(), StoreError> {
        let counted = counted(read, "wakes", read.wakes);
        let counted = match read.wake_by {
            Some(before) => counted.when("wakeBy", n(before)),
            None => counted.when_absent("wakeBy"),
        };
        let counted = match wake_by {
            Some(wake_by) => counted.set("wakeBy", n(wake_by)),
            None => counted,
        };
        self.count(key, run_id, counted).await.map(drop)
    }

    /// Counts that the end of an ended run is posted again. Returns `false` when another worker counted since `read`.
    pub async fn count_end_post(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        read: &RunRow,
    ) -> Result<bool, StoreError> {
        let counted = counted(read, "endPosts", read.end_posts);
        self.count(key, run_id, counted).await
    }

    /// Returns whether the condition held.
    async fn count(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        counted: UpdateExpression,
    ) -> Result<bool, StoreError> {
        let request = counted.into_request(self.update_row(key, run_id));
        let updated: Updated<RunRow> = update(request).await?;
        Ok(matches!(updated, Updated::Done(_)))
    }
}

/// Adds one to a number that is still `before`, in a row whose status is still that of `read`. An absent number is 0.
fn counted(read: &RunRow, attribute: &str, before: u32) -> UpdateExpression {
    let expression = UpdateExpression::default().when("status", status_value(read.status));
    let expression = match before {
        0 => expression.when_absent(attribute),
        _ => expression.when(attribute, n(before)),
    };
    expression.set(attribute, n(before.saturating_add(1)))
}
