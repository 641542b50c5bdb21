//! Scenarios: their definition, the built-in ones, and the selection of the step that a request plays.

pub mod block;
pub mod definition;
pub mod entry;
pub mod fault;

pub(crate) mod routes;
pub(crate) mod select;
pub(crate) mod store;

mod builtin;
