//! `resume`: subscribes to a run from a given event on.

use longwire_core::ids::{RunId, ThreadId};
use serde::Serialize;

use crate::request::fields::Fields;
use crate::request::legacy;
use crate::response::ack::Ack;
use crate::response::error::{ErrorResponse, invalid};
use crate::response::resumed::Resumed;

/// Request to subscribe to a run and to receive the events after a given one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Thread of the run; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// Run; absent: the thread's latest one.
    pub run_id: Option<RunId>,
    /// Number of the last event that the client has; 0 when it has none.
    pub after: u64,
    /// Wire epoch of that event, from 1.
    pub epoch: u32,
}

impl Resume {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let after = fields.get("after")?.unwrap_or(0);
        let epoch = fields.get("epoch")?.unwrap_or(1);
        if epoch == 0 {
            return Err(invalid("`epoch` must be 1 or more."));
        }
        Ok(Self {
            thread_id: legacy::thread_id(fields)?,
            run_id: fields.id("runId", RunId::parse)?,
            after,
            epoch,
        })
    }
}

/// Response to `resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ResumeResponse {
    /// Events follow, and after them `resumed`.
    Resuming(Ack),
    /// No event is missing.
    Resumed(Resumed),
}
