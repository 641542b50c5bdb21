//! Conversion of a scenario step to timed actions.

pub(crate) mod schedule;

mod blocks;
mod entries;
mod recording;
mod split;
mod splitter;
mod truncate;
