//! A `Converse` or `ConverseStream` request as types, and queries on its conversation.

pub mod content;
pub mod queries;
pub mod request;
pub mod settings;
pub mod target;
