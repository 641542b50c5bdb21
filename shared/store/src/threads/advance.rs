//! Advancing a thread's run queue past an ended run.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use longwire_core::ids::RunId;
use longwire_core::thread_key::ThreadKey;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::Threads;
use crate::threads::life::ThreadLife;
use crate::threads::meta::Meta;
use crate::threads::run_queue::with_expiry;
use crate::update::{MAX_ROUNDS, Updated, update};

/// Ended run to remove from the head of its run queue.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// Id of the run.
    pub run_id: &'a RunId,
    /// Number of the last message that the run stored; `None` when it stored none.
    pub tip: Option<u64>,
    /// Current time, in seconds since 1970.
    pub now: u64,
    /// Lifetime of threads.
    pub life: ThreadLife,
}

impl Threads {
    /// Removes an ended run from the head of the run queue and returns the new head. When the run is not the head,
    /// nothing changes, and the current head is returned. The number of the thread's last message and its expiry are
    /// written with it. Fails with [`StoreError::ConditionFailed`] when other writers change the queue four times
    /// meanwhile.
    pub async fn advance(
        &self,
        key: &ThreadKey,
        advance: Advance<'_>,
    ) -> Result<Option<RunId>, StoreError> {
        let (mut advance, mut waiting) = (advance, false);
        for _ in 0..MAX_ROUNDS {
            let meta: Meta = match update(self.advance_request(key, advance, waiting)).await? {
                Updated::Done(meta) => return Ok(Meta::into_head(meta)),
                Updated::ConditionFailed(Some(meta)) => meta,
                Updated::ConditionFailed(None) => return Ok(None),
            };
            if meta.head() != Some(advance.run_id) {
                return Ok(meta.into_head());
            }
            waiting = meta.run_queue.len() > 1;
            // A run that was appended again after its end does not know the messages stored since.
            advance.tip = advance
                .tip
                .filter(|tip| meta.tip.is_none_or(|stored| stored <= *tip));
        }
        Err(StoreError::ConditionFailed)
    }

    /// Prepares the removal of the head. Its condition is whether runs are `waiting` behind it, because the expiry
    /// depends on that.
    fn advance_request(
        &self,
        key: &ThreadKey,
        advance: Advance<'_>,
        waiting: bool,
    ) -> UpdateItemFluentBuilder {
        let Advance { tip, now, life, .. } = advance;
        let (size, ttl) = if waiting {
            ("size(#line) > :one", life.busy(now))
        } else {
            ("size(#line) = :one", life.idle(now))
        };
        let mut condition = format!("#line[0] = :run AND {size}");
        let mut sets = Vec::new();
        let mut request = self
            .queue_request(key, advance.run_id)
            .expression_attribute_values(":one", n(1_u32));
        if let Some(tip) = tip {
            sets.push("tip = :tip".to_owned());
            condition.push_str(" AND (attribute_not_exists(tip) OR tip <= :tip)");
            request = request.expression_attribute_values(":tip", n(tip));
        }
        with_expiry(request, ttl, sets, &["#line[0]"]).condition_expression(condition)
    }
}
