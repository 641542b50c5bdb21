//! API Gateway's `@connections` behind the interface of the stream. The crate links no other SDK, so that a function
//! that only posts stays small.

pub mod close;
pub mod post;
mod unanswered;
pub mod warm_up;
