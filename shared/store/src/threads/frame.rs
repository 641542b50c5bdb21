//! Frames of runs.

use longwire_core::run_frame::RunFrame;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::{Item, read};

/// Item of a frame, without its keys.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FrameItem {
    /// [`RunFrame`] as JSON text: the model gets the schemas of the tools as they were.
    pub(super) body: String,
    /// Expiry, in seconds since 1970.
    pub(super) ttl: u64,
}

impl FrameItem {
    /// Serializes a frame that expires at `ttl`.
    pub(super) fn new(frame: &RunFrame, ttl: u64) -> Result<Self, StoreError> {
        let body = serde_json::to_string(frame).map_err(StoreError::corrupt)?;
        Ok(Self { body, ttl })
    }
}

/// Frame of an item; `None` for one that this version cannot read, which costs the run its reasoning and nothing else.
pub(super) fn frame(item: Item) -> Option<RunFrame> {
    let body = |item: FrameItem| serde_json::from_str(&item.body).map_err(StoreError::corrupt);
    let frame = read(item).and_then(body);
    frame
        .inspect_err(|error| {
            tracing::warn!(event = "frame_unreadable", %error, "a run continues without its frame");
        })
        .ok()
}
