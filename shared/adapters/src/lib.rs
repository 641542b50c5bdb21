//! x

pub mod bedrock;
pub mod callback;
pub mod knowledge_base;
