//! Knowledge Base: documents, split into passages and ranked for a query.

pub mod documents;

pub(crate) mod index;
pub(crate) mod routes;
