//! Calls that an earlier run left open for approval. The run that follows makes the approved ones before it calls the model.
//!
//! An approval allows one call. The first message of the run is stored, marked `calling`, before the calls are made, and again
//! with their results. A worker that finds the mark repeats none of them.

use longwire_core::approval::Decision;
use longwire_core::ids::CallId;
use longwire_core::message::{Message, Role, open_calls};
use longwire_core::tool::{ToolCall, ToolOutcome};
use longwire_tools::guard::Output;

use crate::client_tools::cancel_calls;
use crate::ctx::Ctx;
use crate::error::AgentError;
use crate::outcome::Outcome;
use crate::tool_calls::ToolCalls;
use crate::transcript::Transcript;

/// Result of a call that nobody approved.
pub(super) const NOT_APPROVED: &str = "The call was not approved.";

/// Approved calls with which a run begins.
#[derive(Debug, Clone, Default)]
pub struct ApprovedCalls {
    /// The calls, in the order of the model.
    pub calls: Vec<ApprovedCall>,
    /// An earlier worker of the run may have made them.
    pub maybe_made: bool,
}

/// Call that a person approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedCall {
    /// Id of the call.
    pub id: CallId,
    /// The decision.
    pub decision: Decision,
}

impl ApprovedCalls {
    /// Decision about a call.
    pub(super) fn of(&self, call_id: &CallId) -> Option<&Decision> {
        let decided = self.calls.iter().find(|call| call.id == *call_id);
        decided.map(|call| &call.decision)
    }
}

/// Makes the approved calls of the run's first message, if it has some, and stores their results. Returns an outcome when the
/// run ends without a model call: the client makes other calls of the same step, or the run is cancelled.
pub(super) async fn begin(
    ctx: &Ctx<'_>,
    transcript: &mut Transcript<'_>,
) -> Result<Option<Outcome>, AgentError> {
    let makes_calls = transcript.is_calling_as(Role::User);
    if makes_calls && let Some(first) = transcript.take_calling() {
        make_calls(ctx, transcript, first).await?;
    }
    let mut open = open_calls(transcript.messages());
    open.retain(|call| ctx.client_tools.contain(&call.name));
    match ctx.cancelled() {
        None if !open.is_empty() => Ok(Some(Outcome::NeedsAnswers)),
        None if makes_calls => {
            transcript.store_first(ctx).await?;
            Ok(None)
        }
        Some(reason) if makes_calls || !open.is_empty() => {
            let closed = cancel_calls(&ctx.events, &ctx.run_id, &open).await;
            transcript.extend(closed);
            Ok(Some(Outcome::Cancelled(reason)))
        }
        None | Some(_) => Ok(None),
    }
}

/// Makes the approved calls and appends the first message of the run with their results.
async fn make_calls(
    ctx: &Ctx<'_>,
    transcript: &mut Transcript<'_>,
    mut first: Message,
) -> Result<(), AgentError> {
    let open: Vec<ToolCall> = open_calls(transcript.messages())
        .into_iter()
        .filter(|call| first.results().all(|result| result.call_id != call.id))
        .cloned()
        .collect();
    if !ctx.approved.maybe_made {
        transcript.store_calling(ctx, &first, None).await?;
    }
    let calls = ToolCalls::decided(ctx, open.iter().collect(), &ctx.approved);
    if let Some(results) = calls.run(ctx).await {
        first.blocks.extend(results.blocks);
    }
    transcript.extend([first]);
    Ok(())
}

/// The call with the arguments with which it was approved.
pub(super) fn edited(call: &ToolCall, decision: &Decision) -> ToolCall {
    let edited = decision.edited_args.as_ref();
    ToolCall {
        arguments: edited.unwrap_or(&call.arguments).clone(),
        ..call.clone()
    }
}

/// Result that names the arguments with which the call was made, if they are not the model's.
pub(super) fn with_edits(content: String, edited: Option<&str>) -> String {
    match edited {
        Some(edited) => {
            format!("[The user changed the arguments of the call to {edited}.]\n{content}")
        }
        None => content,
    }
}

/// Result of a call that nobody approved.
pub(super) fn not_approved() -> Output {
    Output {
        outcome: ToolOutcome::Denied,
        content: NOT_APPROVED.to_owned(),
    }
}
