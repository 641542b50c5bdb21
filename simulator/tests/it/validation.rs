//! Validation of requests.

mod content;
mod conversation;
mod families;
mod parameters;
mod tools;
