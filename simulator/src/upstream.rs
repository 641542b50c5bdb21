//! A real model behind the simulator: an OpenAI-compatible server, asked with streaming.

pub(crate) mod answer;
pub(crate) mod chunk;
pub(crate) mod client;
pub(crate) mod translate;
