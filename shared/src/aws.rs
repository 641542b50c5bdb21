//! The hands: what touches AWS. Each client is built once and shared.

pub mod fault;
pub mod sdk;
pub mod threads;
