//! What travels between clients and Longwire (docs/protocol.md).

pub mod client;
pub mod control;
pub mod escape;
pub mod event;
pub mod format;
pub mod line;
pub mod shape;
