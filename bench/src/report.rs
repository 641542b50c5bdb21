//! Reports of a bench.

pub(crate) mod conditions;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod plot;
