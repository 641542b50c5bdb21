//! The hands: what touches AWS. Each client is built once and shared.

pub mod connections;
pub mod fault;
pub mod queue;
pub mod retry;
pub mod sdk;
pub mod threads;
