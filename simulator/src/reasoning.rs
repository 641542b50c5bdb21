//! Signatures of reasoning, and their binding to what stood before a block.

pub(crate) mod binding;
pub(crate) mod issued;

mod prefix;
