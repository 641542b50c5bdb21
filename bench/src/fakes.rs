//! Fakes of the services that a function talks to, all in this process.

pub(crate) mod observed;

pub(crate) mod bedrock;
pub(crate) mod connections;
pub(crate) mod dynamodb;
pub(crate) mod frames;
pub(crate) mod issuer;
pub(crate) mod runtime_api;
pub(crate) mod server;
pub(crate) mod sqs;
pub(crate) mod weather;
