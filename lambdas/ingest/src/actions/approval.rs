//! `approval`: decides about a call that needs approval. The last decision starts the run that follows.

use longwire_core::approval::{ApprovalTerms, Decision};
use longwire_core::ids::{CallId, RunId};
use longwire_core::pending::Pending;
use longwire_core::thread_key::ThreadKey;
use longwire_core::tool::ToolOutcome;
use longwire_protocol::request::approval::{Approval, Verdict};
use longwire_protocol::response::ack::{Ack, AckAction};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_scheduler::results::NewResult;
use serde_json::{Map, Value};

use crate::actions::tool_result;
use crate::call::Call;
use crate::failure::Failure;
use crate::schemas;

/// Stores the decision, and queues the run that follows when every call has one.
pub(crate) async fn answer(call: &Call<'_>, approval: Approval) -> Result<Ack, Failure> {
    let key = call.key(approval.thread_id.clone());
    let meta = call.deps.threads.meta(&key, call.now()).await?;
    let pending = meta.and_then(|meta| meta.pending);
    if let Some(pending) = &pending {
        check(call, pending, &approval)?;
    }
    let decision = decide(call, approval, pending.as_ref(), None, Map::new())?;
    tool_result::give(call, decision, AckAction::Approval).await
}

/// Refuses a decision that comes too late, that the user must not make, or whose arguments the tool does not take. One about a
/// call for which the thread does not wait passes: it may repeat an earlier one.
pub(super) fn check(
    call: &Call<'_>,
    pending: &Pending,
    approval: &Approval,
) -> Result<(), ErrorResponse> {
    let call_id = approval.interrupt_id.call_id();
    let open = call_id.filter(|call_id| pending.calls.contains_key(call_id));
    let approvals = pending.approvals.as_ref();
    let Some(terms) = open.and_then(|call_id| approvals?.terms_of(&call_id)) else {
        return Ok(());
    };
    if pending.expired(call.now()) {
        let message = "The interrupt has expired, and the call is denied.";
        return Err(ErrorResponse::new(Code::InterruptExpired, message));
    }
    check_group(call, terms)?;
    match &approval.verdict {
        Verdict::Approved(Some(edited)) => schemas::check_arguments(&terms.schema, edited),
        Verdict::Approved(None) | Verdict::Denied(_) => Ok(()),
    }
}

fn check_group(call: &Call<'_>, terms: &ApprovalTerms) -> Result<(), ErrorResponse> {
    let groups = &call.connection.groups;
    let allowed = |group: &String| groups.iter().any(|own| own == group);
    if terms.group.as_ref().is_none_or(allowed) {
        return Ok(());
    }
    let message = "Only users of another group decide about calls of this tool.";
    Err(ErrorResponse::new(Code::Forbidden, message))
}

/// Makes the answer to a call out of the decision about it, which was checked against this wait.
pub(super) fn decide(
    call: &Call<'_>,
    approval: Approval,
    checked: Option<&Pending>,
    next_run_id: Option<RunId>,
    state: Map<String, Value>,
) -> Result<NewResult, ErrorResponse> {
    let key = call.key(approval.thread_id);
    let call_id = approval.interrupt_id.call_id();
    let call_id: CallId = call_id.ok_or_else(|| no_interrupt(&key))?;
    let user = &call.connection.user;
    let user = (!user.is_shared()).then(|| user.clone());
    let decision = approval.verdict.by(user, call.now());
    let (outcome, content) = result(&decision);
    Ok(NewResult {
        outcome,
        content,
        decision: Some(decision),
        checked: checked.map(|pending| pending.run_id.clone()),
        next_run_id,
        state,
        ..tool_result::new_answer(call, key, call_id)
    })
}

/// Result of a denied call. An approved one has none before it is made.
fn result(decision: &Decision) -> (ToolOutcome, String) {
    match decision.approved {
        true => (ToolOutcome::Success, String::new()),
        false => (ToolOutcome::Denied, decision.denial()),
    }
}

fn no_interrupt(key: &ThreadKey) -> ErrorResponse {
    let message = "`interruptId` is not the id of an interrupt.";
    ErrorResponse {
        thread_id: Some(key.thread_id.clone()),
        ..ErrorResponse::new(Code::NotPending, message)
    }
}
