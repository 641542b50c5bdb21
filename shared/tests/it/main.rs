//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod agent;
mod bedrock;
mod format;
mod history;
mod knowledge_base;
mod layers;
mod line;
mod sender;
mod threads;
mod tool_box;
mod tools;
