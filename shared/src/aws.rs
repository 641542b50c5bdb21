//! The hands: what touches AWS. Each client is built once and shared.

pub mod fault;
pub mod retry;
pub mod sdk;
mod words;

pub mod bedrock;
pub mod knowledge_base;

pub mod callback;
pub mod connections;
pub mod queue;
pub mod threads;
