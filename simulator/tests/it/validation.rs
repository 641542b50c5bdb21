//! Validation of requests.

mod content;
mod conversation;
mod families;
mod parameters;
mod tool_loop;
mod tools;
