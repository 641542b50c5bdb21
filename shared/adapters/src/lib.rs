//! Adapters: Bedrock, its knowledge bases and API Gateway's `@connections` behind the interfaces of the agent, the
//! tools and the stream. The crates with those interfaces do not depend on the SDKs.

pub mod bedrock;
pub mod knowledge_base;
pub mod post;
mod unanswered;
pub mod warm_up;
