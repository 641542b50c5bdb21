//! `cancel`: a run shall stop.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::request::prompt::Names;
use crate::response::error::ErrorResponse;
use longwire_core::ids::{RunId, ThreadId};

/// A run shall stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// On this thread; absent: the connection's.
    pub thread_id: Option<ThreadId>,
    /// This one; absent: the thread's active one.
    pub run_id: Option<RunId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    run_id: Option<String>,
}

impl Cancel {
    /// Reads one.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        let raw: Raw = fields::read(value)?;
        Ok(Self {
            thread_id: Names::read(value)?.thread()?,
            run_id: fields::name("runId", raw.run_id, RunId::parse)?,
        })
    }
}
