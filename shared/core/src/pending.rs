//! Wait of a thread: for results of calls that the client makes, or for approvals of calls that the server makes.
//!
//! A run whose model makes such calls ends, so nothing is billed meanwhile. The thread then waits, and begins none of the runs
//! in its queue, until each call has its answer, a client gives up the wait, or the wait expires.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::approval::PendingApprovals;
use crate::ids::{CallId, MessageId, RunId};

/// Calls without an answer, and the run that follows when each has one. The row of the run that made the calls has it as it
/// was at its end, and the thread's own item as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Run that made the calls.
    #[serde(rename = "run")]
    pub run_id: RunId,
    /// Run that follows, unless its client chooses another id.
    #[serde(rename = "next")]
    pub next_run_id: RunId,
    /// Calls without an answer, each with its place among the calls.
    pub calls: BTreeMap<CallId, usize>,
    /// Expiry of the wait, in seconds since 1970.
    pub until: u64,
    /// Approvals for which the thread waits. Without them it waits for results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<PendingApprovals>,
}

impl Pending {
    /// Wait for the results of these calls of a run.
    pub fn new(run_id: RunId, calls: impl IntoIterator<Item = CallId>, until: u64) -> Self {
        let calls = calls.into_iter().zip(0..).collect();
        Self {
            run_id,
            next_run_id: RunId::random(),
            calls,
            until,
            approvals: None,
        }
    }

    /// Calls without an answer, in the order in which the model made them.
    pub fn call_ids(&self) -> Vec<CallId> {
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_by_key(|(_, place)| **place);
        calls.into_iter().map(|(id, _)| id.clone()).collect()
    }

    /// Calls that wait for results of the client, in the order in which the model made them.
    pub fn client_calls(&self) -> Vec<CallId> {
        match self.approvals {
            None => self.call_ids(),
            Some(_) => Vec::new(),
        }
    }

    /// Tells whether the wait is over at `now`, in seconds since 1970.
    pub fn expired(&self, now: u64) -> bool {
        self.until <= now
    }
}

/// Id of the message with which a run begins that no user message starts.
pub fn first_message_id(run_id: &RunId) -> MessageId {
    let run = run_id.as_str();
    MessageId::trusted(format!("m_{}", run.strip_prefix("r_").unwrap_or(run)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_keep_the_order_of_the_model() {
        let calls = ["tc_9", "tc_1", "tc_5"].map(CallId::trusted);
        let mut pending = Pending::new(RunId::trusted("r_1"), calls.clone(), 100);
        assert_eq!(pending.call_ids(), calls);
        pending.calls.remove(&calls[1]);
        assert_eq!(pending.call_ids(), [calls[0].clone(), calls[2].clone()]);
        assert!(!pending.expired(99) && pending.expired(100));
    }

    #[test]
    fn calls_that_wait_for_approval_are_not_the_clients() {
        let calls = [CallId::trusted("tc_1")];
        let pending = |approvals| Pending {
            approvals,
            ..Pending::new(RunId::trusted("r_1"), calls.clone(), 100)
        };
        assert_eq!(pending(None).client_calls(), calls);
        let approvals = pending(Some(PendingApprovals::default()));
        assert_eq!(
            (approvals.client_calls(), approvals.call_ids()),
            (Vec::new(), calls.to_vec())
        );
    }

    #[test]
    fn the_first_message_is_named_after_its_run() {
        for (run, message) in [("r_41xq", "m_41xq"), ("mine", "m_mine")] {
            assert_eq!(first_message_id(&RunId::trusted(run)).as_str(), message);
        }
    }
}
