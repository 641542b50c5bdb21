//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod bedrock;
mod history;
mod knowledge_base;
mod tools;
