//! The two operations of Bedrock Runtime: the request they share, what is answered, how it is sent.

pub mod request;
pub mod view;

pub(crate) mod answer;
pub(crate) mod frames;
pub(crate) mod routes;
pub(crate) mod stream;
pub(crate) mod whole;
