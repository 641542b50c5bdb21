//! The hands: what touches AWS. Each client is built once and shared.

pub mod bedrock;
pub mod fault;
pub mod knowledge_base;
pub mod sdk;
pub mod threads;
