//! `options` of a prompt.

use serde::Deserialize;
use serde_json::Value;

use super::fields::{self, invalid};
use crate::run::OnGone;
use crate::wire::control::error::ErrorFrame;

/// How a run shall go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Thinking is shown.
    pub reasoning: bool,
    /// What becomes of the run when its last connection is gone; absent: what the deployment says.
    pub on_gone: Option<OnGone>,
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
    if_busy: Option<String>,
}

impl Options {
    /// Reads the options of a prompt. Of `ifBusy` there is only `queue` yet, which is what happens anyway.
    pub fn read(value: &Value) -> Result<Self, ErrorFrame> {
        fields::object(value, "options")?;
        let raw = fields::read::<Outer>(value)?.options.unwrap_or_default();
        match raw.if_busy.as_deref() {
            None | Some("queue") => {}
            Some(later @ ("reject" | "interrupt")) => {
                return Err(invalid(format!(
                    "`options.ifBusy` \"{later}\" is not available yet."
                )));
            }
            Some(_) => return Err(invalid("`options.ifBusy` must be \"queue\".")),
        }
        Ok(Self {
            reasoning: raw.reasoning.unwrap_or(false),
            on_gone: raw.on_gone,
        })
    }
}
