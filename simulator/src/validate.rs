//! What Bedrock refuses, refused here with words of the same kind.
//!
//! The wording follows errors that users of Bedrock have reported in public.

pub(crate) mod request;
pub(crate) mod verdict;

mod content;
mod limits;
mod order;
mod pairing;
mod thinking;
mod thought;
mod tools;
