//! Validation of requests.

mod content;
mod conversation;
mod parameters;
mod tools;
