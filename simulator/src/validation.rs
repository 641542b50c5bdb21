//! Validation of a request: one file per group of Bedrock's rules.
//!
//! The messages follow errors that users of Bedrock have published.

pub(crate) mod request;

mod binding;
mod content;
mod family;
mod limits;
mod pairing;
mod reasoning;
mod result;
mod roles;
mod thinking;
mod tool_loop;
mod tools;
