//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod agent;
mod bedrock;
mod history;
mod knowledge_base;
mod layers;
mod sender;
mod threads;
mod tool_box;
mod tools;
