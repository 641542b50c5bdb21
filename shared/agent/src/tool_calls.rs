//! The tool calls of a step: run concurrently, with results in the order of the calls.

use futures::stream::{FuturesUnordered, StreamExt};
use longwire_core::message::Message;
use longwire_core::tool::{ToolCall, ToolOutcome};
use longwire_protocol::event::Event;
use longwire_tools::call::PreparedCall;
use longwire_tools::guard::Output;
use longwire_tools::repeat::Repeat;
use tokio::time::Instant;

use crate::approvals::{ApprovedCall, ApprovedCalls, edited, not_approved};
use crate::ctx::Ctx;
use crate::outcome::Outcome;
use crate::results::Results;

/// Most calls that are run in one step: their results are stored together and share the bytes of one item.
pub(super) const MAX_CALLS: usize = 16;

pub(super) const CANCELLED: &str = "The call was cancelled.";
const CANCELLED_UNDER_WAY: &str =
    "The call was cancelled while it was being made. It may have taken effect.";
const CUT_OFF: &str = "The call was not run: the model was cut off before it was complete.";
pub(super) const NOT_REPEATED: &str = "The call was begun, but the worker that made it was lost before there was a result. \
     It may have taken effect, so it is not made again.";

/// Calls of a step.
pub(super) struct ToolCalls<'m> {
    calls: Vec<&'m ToolCall>,
    prepared: Vec<Prepared>,
    /// Approvals of the calls.
    approved: &'m [ApprovedCall],
}

/// Call of a step.
enum Prepared {
    /// Made here.
    Here(PreparedCall),
    /// Left open: the client makes the call.
    ByClient,
    /// Left open: a user approves the call first.
    NeedsApproval(PreparedCall),
    /// Not made, with a result for the model.
    Refused(Output),
}

impl Prepared {
    fn new(ctx: &Ctx<'_>, position: usize, call: &ToolCall) -> Self {
        if position >= MAX_CALLS {
            return Self::refused(format!(
                "This call was not run: one step takes {MAX_CALLS} calls at most."
            ));
        }
        match ctx.client_tools.take(call) {
            Some(Ok(())) => Self::ByClient,
            Some(Err(reason)) => Self::refused(reason),
            None => match ctx.tools.prepare(call) {
                Ok(prepared) if prepared.approval().is_some() => Self::NeedsApproval(prepared),
                Ok(prepared) => Self::Here(prepared),
                Err(reason) => Self::refused(reason),
            },
        }
    }

    /// Prepares a call that was left open, after the decision about it.
    fn decided(ctx: &Ctx<'_>, approved: &ApprovedCalls, call: &ToolCall) -> Self {
        match approved.of(&call.id) {
            None if ctx.client_tools.contain(&call.name) => Self::ByClient,
            _ if approved.maybe_made => Self::refused(NOT_REPEATED),
            None => Self::Refused(not_approved()),
            Some(decision) => match ctx.tools.prepare(&edited(call, decision)) {
                // An approval allows one call.
                Ok(prepared) => Self::Here(prepared.once()),
                Err(reason) => Self::refused(reason),
            },
        }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(failed(reason))
    }
}

impl<'m> ToolCalls<'m> {
    /// Prepares the calls of `message`. None of them was made before.
    pub(super) fn new(ctx: &Ctx<'_>, message: &'m Message) -> Self {
        let calls: Vec<_> = message.calls().collect();
        let prepared = calls.iter().enumerate();
        let prepared = prepared.map(|(position, call)| Prepared::new(ctx, position, call));
        Self {
            prepared: prepared.collect(),
            approved: &[],
            calls,
        }
    }

    /// Prepares calls that an earlier run left open, after the decisions about them.
    pub(super) fn decided(
        ctx: &Ctx<'_>,
        calls: Vec<&'m ToolCall>,
        approved: &'m ApprovedCalls,
    ) -> Self {
        let prepared = calls
            .iter()
            .map(|call| Prepared::decided(ctx, approved, call));
        Self {
            prepared: prepared.collect(),
            approved: &approved.calls,
            calls,
        }
    }

    /// Prepares the calls of `message`, which a crashed worker may have made: a call that must not be repeated
    /// is refused.
    pub(super) fn started_before(ctx: &Ctx<'_>, message: &'m Message) -> Self {
        let repeatable = |prepared| match prepared {
            // A call that needs approval now may have been made without one before.
            Prepared::Here(call) | Prepared::NeedsApproval(call)
                if call.repeat() == Repeat::Never =>
            {
                Prepared::refused(NOT_REPEATED)
            }
            prepared => prepared,
        };
        let calls = Self::new(ctx, message);
        let prepared = calls.prepared.into_iter().map(repeatable);
        Self {
            prepared: prepared.collect(),
            ..calls
        }
    }

    /// Tells whether one of the calls must not be repeated.
    pub(super) fn any_unrepeatable(&self) -> bool {
        let never = |prepared: &Prepared| matches!(prepared, Prepared::Here(call) if call.repeat() == Repeat::Never);
        self.prepared.iter().any(never)
    }

    /// Tells whether one of the calls is left open.
    pub(super) fn any_open(&self) -> bool {
        let mut prepared = self.prepared.iter();
        prepared.any(|prepared| matches!(prepared, Prepared::ByClient | Prepared::NeedsApproval(_)))
    }

    /// Runs the calls concurrently and emits their results in the order of the calls. A failure of a call is its
    /// result. A cancellation drops the calls under way and starts no other. Returns the results; `None` when all
    /// calls are left open.
    pub(super) async fn run(self, ctx: &Ctx<'_>) -> Option<Message> {
        let mut results = Results::of(&ctx.events, &ctx.run_id, self.calls);
        results.set_approved(self.approved);
        let mut ready = Vec::new();
        for (position, prepared) in self.prepared.into_iter().enumerate() {
            match prepared {
                Prepared::Here(prepared) => ready.push((position, prepared)),
                Prepared::ByClient | Prepared::NeedsApproval(_) => {
                    results.leave_open(position).await;
                }
                Prepared::Refused(output) => results.add(position, output, None).await,
            }
        }
        match ctx.cancelled() {
            Some(_) => results.fill(|_| cancelled(CANCELLED)).await,
            None => run_ready(ctx, ready, &mut results).await,
        }
        results.message()
    }
}

async fn run_ready(ctx: &Ctx<'_>, ready: Vec<(usize, PreparedCall)>, results: &mut Results<'_>) {
    let mut running = FuturesUnordered::new();
    let mut unrepeatable = Vec::new();
    for (position, prepared) in ready {
        let call_id = results.call_id(position);
        ctx.emit(Event::status(prepared.status(), call_id)).await;
        if prepared.repeat() == Repeat::Never {
            unrepeatable.push(position);
        }
        running.push(async move {
            ctx.valid_lease().await;
            let started = Instant::now();
            (position, prepared.run().await, started.elapsed())
        });
    }
    let cancellation = ctx.cancellation();
    tokio::pin!(cancellation);
    while !results.complete() {
        tokio::select! {
            biased;
            _ = &mut cancellation => {
                drop(running);
                return results
                    .fill(|position| match unrepeatable.contains(&position) {
                        true => cancelled(CANCELLED_UNDER_WAY),
                        false => cancelled(CANCELLED),
                    })
                    .await;
            }
            Some((position, output, duration)) = running.next() => {
                results.add(position, output, Some(duration.as_millis())).await;
            }
        }
    }
}

/// Refuses the calls of a message that ends the run and returns their results; `None` when it has no calls.
pub(super) async fn refuse_calls(
    ctx: &Ctx<'_>,
    message: &Message,
    outcome: Outcome,
) -> Option<Message> {
    message.calls().next()?;
    let output = match outcome {
        Outcome::Cancelled(_) => cancelled(CANCELLED),
        Outcome::Answered
        | Outcome::Truncated
        | Outcome::Refused
        | Outcome::NeedsAnswers
        | Outcome::OutOfSteps => failed(CUT_OFF),
    };
    let mut results = Results::new(ctx, message);
    results.fill(|_| output.clone()).await;
    results.message()
}

pub(super) fn cancelled(content: &str) -> Output {
    Output {
        outcome: ToolOutcome::Cancelled,
        content: content.to_owned(),
    }
}

fn failed(content: impl Into<String>) -> Output {
    Output {
        outcome: ToolOutcome::Error,
        content: content.into(),
    }
}
