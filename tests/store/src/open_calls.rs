//! End of a run with open calls.

use longwire_core::approval::{ApprovalTerms, PendingApprovals};
use longwire_core::ids::CallId;
use longwire_core::message::{Block, Message};
use longwire_core::pending::Pending;
use longwire_core::run::RunEnd;
use longwire_core::tool::{SERVER_TOOLS, ToolCall};
use longwire_runner::ending::Ending;
use longwire_runner::error::AttemptError;
use longwire_store::threads::lease::RunLease;
use serde_json::json;

use crate::agent_loop::AgentLoop;
use crate::attempt_plan::Calls;
use crate::run_names::following;

/// Name of the client's tool.
pub(crate) const CLIENT_TOOL: &str = "ask";

/// Name of the server's tool whose calls need approval.
const APPROVAL_TOOL: &str = SERVER_TOOLS[0];

impl AgentLoop<'_> {
    /// Ends the run with open calls: those that need approval come first, and are waited for first. Texts that the run has not
    /// seen are stored with that end.
    pub(crate) async fn ask(
        &mut self,
        mut messages: Vec<Message>,
        calls: Calls,
    ) -> Result<(), AttemptError> {
        let RunLease { run_id, owner, .. } = self.attempt.lease.clone();
        let mut reply = self.reply().await?;
        // No two attempts make calls of one id, as no two model calls do.
        let attempt = owner.replace(' ', "-");
        let call = |number: usize| ToolCall {
            id: CallId::trusted(format!("{run_id}-{attempt}-{number}")),
            name: match number <= calls.approval {
                true => APPROVAL_TOOL.to_owned(),
                false => CLIENT_TOOL.to_owned(),
            },
            arguments: "{}".to_owned(),
            parent: reply.id.clone(),
        };
        let open: Vec<_> = (1..=calls.approval + calls.client).map(call).collect();
        reply
            .blocks
            .extend(open.iter().cloned().map(Block::ToolCall));
        messages.push(reply);
        let until = self.environment.now() + calls.seconds;
        let approvals = (calls.approval > 0).then(|| approvals(&open[..calls.approval]));
        let awaited = match &approvals {
            Some(_) => &open[..calls.approval],
            None => &open[..],
        };
        let awaited = awaited.iter().map(|call| call.id.clone());
        let pending = Pending {
            next_run_id: following(&run_id),
            approvals,
            ..Pending::new(run_id, awaited, until)
        };
        self.end_with(Ending {
            messages,
            pending: Some(pending),
            open,
            ..RunEnd::Finished.into()
        })
        .await
    }
}

/// Approvals that these calls need.
fn approvals(calls: &[ToolCall]) -> PendingApprovals {
    let terms = ApprovalTerms {
        group: None,
        schema: json!({ "type": "object" }),
    };
    let tool = |call: &ToolCall| (call.id.clone(), call.name.clone());
    PendingApprovals {
        tools: calls.iter().map(tool).collect(),
        terms: [(APPROVAL_TOOL.to_owned(), terms)].into(),
    }
}
