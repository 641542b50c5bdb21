//! Progress of a run, as each write under its lease stores it.

use longwire_core::message::Usage;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::error::StoreError;
use crate::item::n;
use crate::threads::update_expression::UpdateExpression;

/// Progress of a run at one write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// Tokens used so far.
    pub(super) usage: Usage,
    /// Number of the last event that the write adds to the event log; `None` when it adds none.
    pub(super) last_seq: Option<u64>,
    /// Generation of the thread, and number of the last message that the write stores; `None` when it stores none.
    pub(super) tip: Option<(u64, u64)>,
    /// Number of texts of the user that are stored as messages; `None` for a run that takes in none.
    pub(super) steered: Option<u32>,
}

impl Progress {
    /// Adds the progress to a write of the row.
    pub(super) fn write(
        self,
        expression: UpdateExpression,
    ) -> Result<UpdateExpression, StoreError> {
        let expression = expression.set("usage", to_attribute_value(self.usage)?);
        let expression = match self.last_seq {
            Some(seq) => expression.set("lastSeq", n(seq)),
            None => expression,
        };
        let expression = match self.steered {
            Some(steered @ 1..) => expression.set("steered", n(steered)),
            Some(0) | None => expression,
        };
        Ok(match self.tip {
            Some((generation, tip)) => expression
                .set("generation", n(generation))
                .set("tip", n(tip)),
            None => expression,
        })
    }
}
