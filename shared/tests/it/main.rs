//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod agent;
mod history;
mod layers;
mod sender;
mod tool_box;
mod tools;
