//! Integration tests of the adapters, in one binary: real bytes over a local server.

mod bedrock;
mod knowledge_base;
