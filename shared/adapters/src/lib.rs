//! Adapters: Bedrock and its knowledge bases behind the interfaces of the agent and the tools. The crates with those
//! interfaces do not depend on the SDKs.

pub mod bedrock;
pub mod knowledge_base;
pub mod warm_up;
