//! The wire protocol `longwire.v1` (docs/protocol.md): requests of clients, responses, events and their formats.
//! No I/O, and nothing of AWS.

pub mod escape;
pub mod frame;

pub mod request;
pub mod response;

pub mod event;
pub mod format;
pub mod interrupt;
pub mod numbered;
pub mod run_events;
