//! Scripted answers: what one is, which exist, and which step of one is played.

pub mod definition;
pub mod fault;

pub(crate) mod builtin;
pub(crate) mod part;
pub(crate) mod play;
pub(crate) mod recording;
pub(crate) mod routes;
pub(crate) mod store;
