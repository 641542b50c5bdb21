//! What happens in an answer and when, independent of how it is sent.

pub mod cue;

pub(crate) mod blocks;
pub(crate) mod broken;
pub(crate) mod compose;
pub(crate) mod fragment;
pub(crate) mod usage;
