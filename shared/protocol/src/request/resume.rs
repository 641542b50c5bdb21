//! `resume`: a run's lines are wanted from a place on.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::request::fields::invalid;
use crate::request::prompt::Names;
use crate::response::error::ErrorResponse;
use longwire_core::ids::{RunId, ThreadId};

/// A run's lines are wanted from a place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Of this thread; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// This run; absent: the thread's latest one.
    pub run_id: Option<RunId>,
    /// The last line that the client has; 0 when it has none.
    pub after: u64,
    /// The wire epoch of what it has, from 1.
    pub epoch: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    run_id: Option<String>,
    after: Option<u64>,
    epoch: Option<u32>,
}

impl Resume {
    /// Reads one.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let raw: Raw = fields::read(value)?;
        let epoch = raw.epoch.unwrap_or(1);
        if epoch == 0 {
            return Err(invalid("`epoch` must be 1 or more."));
        }
        Ok(Self {
            thread_id: Names::read(value)?.thread()?,
            run_id: fields::name("runId", raw.run_id, RunId::parse)?,
            after: raw.after.unwrap_or(0),
            epoch,
        })
    }
}
