//! Upstream model: an OpenAI-compatible server, called with streaming.

pub(crate) mod client;
pub(crate) mod response;

mod chunk;
mod request;
