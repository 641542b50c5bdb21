//! What the handlers share.

use std::sync::Arc;

use crate::{
    journal::{calls::Call, log::Log, requests::Received, streams::Stream},
    knowledge::index::Index,
    reasoning::Issued,
    scenario::store::Store,
    upstream::client::Client,
};

/// One simulator; clones share everything.
#[derive(Clone)]
pub(crate) struct Simulator {
    /// Requests to the model.
    pub(crate) requests: Log<Received>,
    /// Streams answered.
    pub(crate) streams: Log<Stream>,
    /// Calls of the other services.
    pub(crate) calls: Log<Call>,
    /// Scenarios, built in and added.
    pub(crate) scenarios: Arc<Store>,
    /// Signatures given out.
    pub(crate) issued: Arc<Issued>,
    /// The Knowledge Base's documents.
    pub(crate) knowledge: Arc<Index>,
    /// The real model, if there is one.
    pub(crate) upstream: Option<Arc<Client>>,
}
