//! Adapters: Bedrock, its knowledge bases and API Gateway's `@connections` behind the interfaces of the agent, the
//! tools and the stream. No other crate that runs a conversation knows these SDKs.

pub mod bedrock;
pub mod knowledge_base;
pub mod post;
