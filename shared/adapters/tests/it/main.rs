//! Integration tests of the adapters, against local servers.

mod bedrock;
mod knowledge_base;
