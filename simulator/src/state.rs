//! State shared by the request handlers.

use std::sync::Arc;

use crate::{
    issuer::{fault::FaultSwitch, keys::Keys},
    knowledge::index::Index,
    reasoning::issued::IssuedReasoning,
    records::{
        calls::CallRecord, list::RecordList, requests::RequestRecord, streams::StreamRecord,
    },
    scenario::store::ScenarioStore,
    upstream::client::Client,
};

/// State of one simulator; clones share it.
#[derive(Clone)]
pub(crate) struct Simulator {
    /// Requests to Bedrock Runtime.
    pub(crate) requests: RecordList<RequestRecord>,
    /// Response streams.
    pub(crate) streams: RecordList<StreamRecord>,
    /// Calls of the other services.
    pub(crate) calls: RecordList<CallRecord>,
    /// Scenarios, built in and added.
    pub(crate) scenarios: Arc<ScenarioStore>,
    /// Reasoning blocks that responses contained.
    pub(crate) issued: Arc<IssuedReasoning>,
    /// Documents of the Knowledge Base.
    pub(crate) knowledge: Arc<Index>,
    /// Signing keys of the issuer.
    pub(crate) issuer_keys: Arc<Keys>,
    /// Fault of the issuer.
    pub(crate) issuer_fault: Arc<FaultSwitch>,
    /// Upstream model, if one is configured.
    pub(crate) upstream: Option<Arc<Client>>,
}
