//! The Knowledge Base: a folder of documents, cut into passages, ranked for a question.

pub mod documents;

pub(crate) mod index;
pub(crate) mod routes;
