//! The rule-based model: small, predictable, and honest about both.

pub(crate) mod calls;
pub(crate) mod compose;
pub(crate) mod memory;
pub(crate) mod places;
pub(crate) mod rules;
pub(crate) mod weather;
