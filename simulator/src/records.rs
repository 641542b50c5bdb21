//! Records of requests, response streams and calls, for tests to inspect.

pub mod calls;
pub mod requests;
pub mod state;
pub mod streams;

pub(crate) mod list;
pub(crate) mod routes;
