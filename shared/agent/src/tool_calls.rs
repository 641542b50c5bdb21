//! The tools of a step: run side by side, told in the order of the calls.

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::ctx::Ctx;
use crate::outcome::Outcome;
use crate::results::Results;
use longwire_core::message::Message;
use longwire_core::tool::ToolOutcome;
use longwire_protocol::event::Event;
use longwire_tools::Prepared;
use longwire_tools::guard::Output;
use longwire_tools::repeat::Repeat;

/// The most calls that are run in one step: their results are stored together, in items of 350 KB at most.
const MAX_CALLS: usize = 16;

const CANCELLED: &str = "The call was cancelled.";
const CANCELLED_UNDER_WAY: &str =
    "The call was cancelled while it was being made. It may have taken effect.";
const CUT_OFF: &str = "The call was not run: the model was cut off before it was complete.";
const NOT_REPEATED: &str = "The call was begun, but the worker that made it was lost before there was a result. \
     It may have taken effect, so it is not made again.";

/// The calls of a step, each ready to run or with the reason why it is not run.
pub(super) struct Calls<'m> {
    message: &'m Message,
    prepared: Vec<Result<Prepared, String>>,
}

impl<'m> Calls<'m> {
    /// The calls of `message`, of which none was made before.
    pub(super) fn new(ctx: &Ctx<'_>, message: &'m Message) -> Self {
        let prepare = |(at, call)| match at {
            0..MAX_CALLS => ctx.tools.prepare(call),
            _ => Err(format!(
                "This call was not run: one step takes {MAX_CALLS} calls at most."
            )),
        };
        let prepared = message.calls().enumerate().map(prepare).collect();
        Self { message, prepared }
    }

    /// The calls of `message`, which a worker that was lost may have made: those that must not be repeated are
    /// not run.
    pub(super) fn begun_before(ctx: &Ctx<'_>, message: &'m Message) -> Self {
        let spare = |prepared: Prepared| match prepared.repeat() {
            Repeat::Safe => Ok(prepared),
            Repeat::Never => Err(NOT_REPEATED.to_owned()),
        };
        let Self { message, prepared } = Self::new(ctx, message);
        let prepared = prepared.into_iter().map(|call| call.and_then(spare));
        Self {
            message,
            prepared: prepared.collect(),
        }
    }

    /// Whether one of them must not be repeated.
    pub(super) fn any_once(&self) -> bool {
        let mut ready = self.prepared.iter().flatten();
        ready.any(|call| call.repeat() == Repeat::Never)
    }

    /// Runs the calls side by side and tells their results in the order of the calls. Whatever goes wrong with
    /// a call is its result. When the run is to stop, calls that are under way are dropped, and no other begins.
    pub(super) async fn run(self, ctx: &Ctx<'_>) -> Message {
        let mut results = Results::new(ctx, self.message);
        let mut ready = Vec::new();
        for (at, prepared) in self.prepared.into_iter().enumerate() {
            match prepared {
                Ok(prepared) => ready.push((at, prepared)),
                Err(reason) => results.add(at, error(reason), None).await,
            }
        }
        match ctx.stopped() {
            Some(_) => results.fill(|_| cancelled(CANCELLED)).await,
            None => run_ready(ctx, ready, &mut results).await,
        }
        results.message()
    }
}

async fn run_ready(ctx: &Ctx<'_>, ready: Vec<(usize, Prepared)>, results: &mut Results<'_, '_>) {
    let mut running = FuturesUnordered::new();
    let mut once = Vec::new();
    for (at, prepared) in ready {
        let call = results.call(at);
        ctx.tell(Event::status(&prepared.status(), call)).await;
        if prepared.repeat() == Repeat::Never {
            once.push(at);
        }
        running.push(async move {
            ctx.lease_held().await;
            let begun = Instant::now();
            (at, prepared.run().await, begun.elapsed())
        });
    }
    let stopped = ctx.stop_asked();
    tokio::pin!(stopped);
    while !results.complete() {
        tokio::select! {
            biased;
            _ = &mut stopped => {
                drop(running);
                let told = |at| if once.contains(&at) { CANCELLED_UNDER_WAY } else { CANCELLED };
                return results.fill(|at| cancelled(told(at))).await;
            }
            Some((at, output, took)) = running.next() => {
                results.add(at, output, Some(took.as_millis())).await;
            }
        }
    }
}

/// Answers the calls of a step that ends the run: none of them is made.
pub(super) async fn settle(ctx: &Ctx<'_>, message: &Message, ending: Outcome) -> Option<Message> {
    message.calls().next()?;
    let mut results = Results::new(ctx, message);
    let output = match ending {
        Outcome::Stopped(_) => cancelled(CANCELLED),
        Outcome::Answered | Outcome::CutShort | Outcome::Refused | Outcome::OutOfSteps => {
            error(CUT_OFF)
        }
    };
    results.fill(|_| output.clone()).await;
    Some(results.message())
}

fn cancelled(content: &str) -> Output {
    Output {
        outcome: ToolOutcome::Cancelled,
        content: content.to_owned(),
    }
}

fn error(content: impl Into<String>) -> Output {
    Output {
        outcome: ToolOutcome::Error,
        content: content.into(),
    }
}
