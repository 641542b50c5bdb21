//! The rule-based model: fixed rules that give the same response to the same conversation.

pub(crate) mod calls;
pub(crate) mod family;
pub(crate) mod step;

mod memory;
mod places;
mod sentences;
mod weather;
