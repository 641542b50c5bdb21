//! Posting the events of an ended run again. The crate knows neither a model nor a tool, so that a function that only
//! replays stays small.

pub mod reposter;

pub mod read;
