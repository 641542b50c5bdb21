//! `Converse` and `ConverseStream`: routes, source of the response, serialization.

pub(crate) mod routes;

mod complete;
mod frames;
mod respond;
mod stream;
