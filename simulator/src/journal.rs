//! What arrived and how its answers fared, for tests to look at.

pub mod calls;
pub mod requests;
pub mod streams;

pub(crate) mod log;
