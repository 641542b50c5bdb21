//! A model response as typed events and timed actions, independent of its source and its transport.

pub mod action;
pub mod event;

pub(crate) mod tokens;
