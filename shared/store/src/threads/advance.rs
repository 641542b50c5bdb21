//! Advancing a thread's run queue past an ended or missing run.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use longwire_core::ids::RunId;
use longwire_core::pending::Pending;
use longwire_core::run::RunStatus;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::{n, s};
use crate::threads::Threads;
use crate::threads::keys;
use crate::threads::life::ThreadLife;
use crate::threads::meta::Meta;
use crate::threads::transition::status_value;
use crate::threads::update_expression::UpdateExpression;
use crate::threads::waiting;
use crate::transact::{Transacted, check_item, update_item};
use crate::update::{MAX_ROUNDS, Updated, update};

/// Time for which a thread is kept after a wait expires, in seconds, so that the sweep ends it first.
const KEPT_AFTER_WAIT: u64 = 3600;

/// Ended or missing run to remove from the head of its run queue.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Condition under which the head is that run.
    pub fence: Fence,
    /// Number of the last message that the run stored; `None` when it stored none.
    pub tip: Option<u64>,
    /// Estimated tokens of the conversation; `None` when they are not known.
    pub last_input: Option<u64>,
    /// Wait that begins with the advance.
    pub pending: Option<&'a Pending>,
    /// Current time, in seconds since 1970.
    pub now: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

/// Condition under which the head of a run queue is the ended run and not a later one of the same id. A client may
/// start the id again once the thread was deleted and the row of the ended run erased, while the writer of an advance
/// is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// The thread still has this generation, to which the ended run belongs.
    Generation(u64),
    /// The run has ended, in a generation that the caller does not know. Needs a read and a transaction.
    Ended,
    /// The run has no row. Needs a read and a transaction.
    Missing,
}

impl Threads {
    /// Removes an ended run from the head of the run queue and returns the active run: the new head, unless the thread waits.
    /// When the run is not the head, or the fence does not hold, nothing changes, and the active run is returned. The number
    /// of the thread's last message, its expiry and a wait are written with it. Fails with [`StoreError::ConditionFailed`] when
    /// other writers change the queue four times meanwhile.
    pub async fn advance(
        &self,
        key: &ThreadKey,
        advance: Advance<'_>,
    ) -> Result<Option<RunId>, StoreError> {
        match advance.fence {
            Fence::Generation(generation) => self.advance_in(key, advance, generation).await,
            Fence::Ended | Fence::Missing => self.advance_checked(key, advance).await,
        }
    }

    async fn advance_in(
        &self,
        key: &ThreadKey,
        mut advance: Advance<'_>,
        generation: u64,
    ) -> Result<Option<RunId>, StoreError> {
        let mut waiting = false;
        for _ in 0..MAX_ROUNDS {
            let expression = advance.expression(waiting)?.when("born", n(generation));
            let request = expression.into_request(self.update_meta(key));
            let meta: Meta = match update(request).await? {
                Updated::Done(meta) => return Ok(Meta::into_active(meta)),
                Updated::ConditionFailed(Some(meta)) => meta,
                Updated::ConditionFailed(None) => return Ok(None),
            };
            if meta.generation != generation || meta.head() != Some(advance.run_id) {
                return Ok(meta.into_active());
            }
            waiting = meta.run_queue.len() > 1;
            advance.tip = advance.tip.filter(|tip| may_follow(*tip, &meta));
        }
        Err(StoreError::ConditionFailed)
    }

    async fn advance_checked(
        &self,
        key: &ThreadKey,
        mut advance: Advance<'_>,
    ) -> Result<Option<RunId>, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some(meta) = self.thread(key).await? else {
                return Ok(None);
            };
            if meta.head() != Some(advance.run_id) {
                return Ok(meta.into_active());
            }
            advance.tip = advance.tip.filter(|tip| may_follow(*tip, &meta));
            let expression = advance.expression(meta.run_queue.len() > 1)?;
            let update = expression
                .into_transaction()
                .table_name(&self.table)
                .set_key(Some(keys::item(key, keys::META)));
            let items = [
                self.check_row(key, advance.run_id, advance.fence)?,
                update_item(update)?,
            ];
            match self.transact(&items).await? {
                // A transaction returns no item, and the queue may have changed since the read.
                Transacted::Done => return Ok(self.thread(key).await?.and_then(Meta::into_active)),
                Transacted::ConditionFailed { first: 0 } => return Ok(meta.into_active()),
                Transacted::ConditionFailed { .. } => {}
            }
        }
        Err(StoreError::ConditionFailed)
    }

    fn check_row(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        fence: Fence,
    ) -> Result<TransactWriteItem, StoreError> {
        if fence == Fence::Missing {
            return self.check_no_row(key, run_id);
        }
        let [finished, failed, cancelled] = RunStatus::ENDED.map(status_value);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, keys::run(run_id))))
            .condition_expression("#status IN (:finished, :failed, :cancelled)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":finished", finished)
            .expression_attribute_values(":failed", failed)
            .expression_attribute_values(":cancelled", cancelled);
        check_item(check)
    }
}

impl Advance<'_> {
    /// Makes the removal of the head. Its condition is whether runs are `waiting` behind it, because the expiry
    /// depends on that.
    fn expression(&self, waiting: bool) -> Result<UpdateExpression, StoreError> {
        let expression = UpdateExpression::default()
            .when_first("line", s(self.run_id.as_str()))
            .remove_first("line");
        // The runs behind a wait begin after it.
        let begins = self.pending.map_or(self.now, |pending| pending.until);
        let (expression, ttl) = if waiting {
            (expression.when_longer("line", 1), self.life.busy(begins))
        } else {
            (expression.when_size("line", 1), self.life.idle(self.now))
        };
        let kept = self.pending.map(|pending| pending.until + KEPT_AFTER_WAIT);
        let expression = match ttl.map(|ttl| ttl.max(kept.unwrap_or_default())) {
            Some(ttl) => expression.set("ttl", n(ttl)),
            None => expression.remove("ttl"),
        };
        let expression = match self.last_input {
            Some(tokens) => expression.set("lastInput", n(tokens)),
            None => expression,
        };
        let expression = match self.pending {
            Some(pending) => waiting::begin(expression, pending)?,
            None => expression,
        };
        Ok(match self.tip {
            Some(tip) => expression
                .when_absent_or_at_most("tip", n(tip))
                .set("tip", n(tip)),
            None => expression,
        })
    }
}

/// Tells whether the thread's last message may have this number. A run that was appended again after its end does not
/// know the messages stored since.
fn may_follow(tip: u64, meta: &Meta) -> bool {
    meta.tip.is_none_or(|stored| stored <= tip)
}
