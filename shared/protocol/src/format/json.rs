//! JSON of a frame.

use serde::Serialize;

/// Serializes a frame, whose maps have strings for keys.
pub(super) fn json(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).expect("frames have strings for keys")
}
