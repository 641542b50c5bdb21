//! `options` of a prompt.

use longwire_core::options::{IfBusy, OnGone};
use serde::Deserialize;

use crate::request::fields::{Fields, or_default};
use crate::response::error::ErrorResponse;

/// Options of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// Sends the model's reasoning to the client.
    #[serde(deserialize_with = "or_default")]
    pub reasoning: bool,
    /// Policy for a run without subscribers; absent: the deployment's.
    pub on_gone: Option<OnGone>,
    /// Policy for a prompt on a thread that has an active run.
    #[serde(deserialize_with = "or_default")]
    pub if_busy: IfBusy,
}

/// Parses the field `options`.
pub(super) fn parse(fields: &Fields<'_>) -> Result<Options, ErrorResponse> {
    Ok(fields.object("options")?.unwrap_or_default())
}
