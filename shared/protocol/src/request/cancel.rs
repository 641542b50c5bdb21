//! `cancel`: cancels a run.

use longwire_core::ids::{RunId, ThreadId};

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::response::error::ErrorResponse;

/// Request to cancel a run. The response is an [`Ack`](crate::response::ack::Ack).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Thread of the run; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Run; absent: the thread's active one.
    pub run_id: Option<RunId>,
}

impl Cancel {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            run_id: fields.id("runId", RunId::parse)?,
        })
    }
}
