//! `options` of a prompt.

use serde::Deserialize;
use serde_json::Value;

use crate::request::fields;
use crate::response::error::ErrorResponse;
use longwire_core::options::{IfBusy, OnGone};

/// How a run shall go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Thinking is shown.
    pub reasoning: bool,
    /// What becomes of the run when its last connection is gone; absent: what the deployment says.
    pub on_gone: Option<OnGone>,
    /// What becomes of the prompt when the thread has an active run.
    pub if_busy: IfBusy,
}

#[derive(Default, Deserialize)]
struct Outer {
    options: Option<Raw>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    reasoning: Option<bool>,
    on_gone: Option<OnGone>,
    if_busy: Option<IfBusy>,
}

impl Options {
    /// Reads the options of a prompt.
    pub fn read(value: &Value) -> Result<Self, ErrorResponse> {
        fields::object(value, "options")?;
        let raw = fields::read::<Outer>(value)?.options.unwrap_or_default();
        Ok(Self {
            reasoning: raw.reasoning.unwrap_or(false),
            on_gone: raw.on_gone,
            if_busy: raw.if_busy.unwrap_or_default(),
        })
    }
}
