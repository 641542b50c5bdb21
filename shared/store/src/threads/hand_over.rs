//! Hand-over of a run to the next worker.

use std::collections::BTreeMap;

use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::update_expression::UpdateExpression;

/// Subscribers of a run that is handed over, and the deadline for the next worker.
#[derive(Debug, Clone, Copy)]
pub struct HandOver<'a> {
    /// Subscribers and cursors as the worker last read them. The write fails with [`StoreError::ConditionFailed`]
    /// when the row has others by now.
    pub before: &'a BTreeMap<ConnectionId, Cursor>,
    /// Subscribers and cursors for the next worker.
    pub after: &'a BTreeMap<ConnectionId, Cursor>,
    /// Deadline by which the next worker must have claimed the run, in seconds since 1970.
    pub wake_by: u64,
}

/// Step that a worker cuts off for lack of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Number of the step, counted from 1.
    pub step: u32,
    /// Number of the last event that stays valid.
    pub keep: u64,
}

impl HandOver<'_> {
    /// Adds the hand-over to a write of the row.
    pub(super) fn write(
        self,
        expression: UpdateExpression,
    ) -> Result<UpdateExpression, StoreError> {
        Ok(unchanged(expression, self.before)
            .set("attached", to_attribute_value(self.after)?)
            .set("wakeBy", n(self.wake_by))
            .increment("handovers"))
    }
}

/// Requires that the row has these subscribers, and no `resume` request since. Other parts of the cursors are not compared,
/// because a newer version may have stored more than this one reads.
fn unchanged(
    expression: UpdateExpression,
    subscribers: &BTreeMap<ConnectionId, Cursor>,
) -> UpdateExpression {
    let sized = expression.when_size("attached", subscribers.len());
    subscribers.iter().fold(sized, |expression, (id, cursor)| {
        let requested_at = (cursor.requested_at > 0).then(|| n(cursor.requested_at));
        expression.when_entry("attached", id.as_str(), "asked", requested_at)
    })
}
