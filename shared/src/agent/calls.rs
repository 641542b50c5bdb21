//! The tools of a step: run side by side, told in the order of the calls.

use std::time::Instant;

use futures::stream::{FuturesUnordered, StreamExt};

use super::ctx::Ctx;
use crate::ids::MessageId;
use crate::message::{Block, Message, Outcome, Role, ToolCall, ToolResult};
use crate::tools::guard::Output;
use crate::wire::event::{Event, ToolRole};
use crate::wire::line::{Draft, Notes};

/// The most of a tool's result that travels to clients, in bytes. The model gets it whole.
const MAX_WIRE_BYTES: usize = 16 * 1024;

/// The most calls that are run in one step: their results are stored together, in items of 350 KB at most.
const MAX_CALLS: usize = 16;

/// Runs the calls of `message` side by side and tells their results in the order of the calls. Whatever
/// goes wrong with a call is its result. When the run is to stop, calls that are under way are dropped.
pub(super) async fn run_tools(ctx: &Ctx<'_>, message: &Message) -> Message {
    let calls: Vec<&ToolCall> = message.calls().collect();
    let mut running = FuturesUnordered::new();
    for (at, call) in calls.iter().enumerate() {
        let prepared = match at {
            0..MAX_CALLS => ctx.tools.prepare(call),
            _ => Err(format!(
                "This call was not run: one step takes {MAX_CALLS} calls at most."
            )),
        };
        if let Ok(prepared) = &prepared {
            ctx.tell(Event::status(&prepared.status(), &call.id)).await;
        }
        running.push(async move {
            let begun = Instant::now();
            let output = match prepared {
                Ok(prepared) => {
                    ctx.lease_held().await;
                    prepared.run().await
                }
                Err(reason) => Output {
                    outcome: Outcome::Error,
                    content: reason,
                },
            };
            (at, output, begun.elapsed())
        });
    }
    let mut results = Results::new(ctx, calls);
    let stopped = ctx.stop_asked();
    tokio::pin!(stopped);
    while !results.complete() {
        tokio::select! {
            biased;
            _ = &mut stopped => {
                drop(running);
                results.cancel().await;
                break;
            }
            Some((at, output, took)) = running.next() => results.add(at, output, took.as_millis()).await,
        }
    }
    Message::new(Role::User, message.run_id.clone(), results.blocks)
}

/// Answers calls that will not be run: the run was stopped, or the model was cut off while calling.
pub(super) async fn settle(ctx: &Ctx<'_>, message: &Message, outcome: Outcome) -> Option<Message> {
    let calls: Vec<&ToolCall> = message.calls().collect();
    if calls.is_empty() {
        return None;
    }
    let mut results = Results::new(ctx, calls);
    match outcome {
        Outcome::Cancelled => results.cancel().await,
        _ => results.refuse().await,
    }
    Some(Message::new(
        Role::User,
        message.run_id.clone(),
        results.blocks,
    ))
}

/// The results of a step, told as soon as all calls before them have theirs.
struct Results<'a, 'c> {
    ctx: &'a Ctx<'c>,
    calls: Vec<&'a ToolCall>,
    waiting: Vec<Option<(Output, u128)>>,
    blocks: Vec<Block>,
}

impl<'a, 'c> Results<'a, 'c> {
    fn new(ctx: &'a Ctx<'c>, calls: Vec<&'a ToolCall>) -> Self {
        let waiting = calls.iter().map(|_| None).collect();
        Self {
            ctx,
            calls,
            waiting,
            blocks: Vec::new(),
        }
    }

    fn complete(&self) -> bool {
        self.blocks.len() == self.calls.len()
    }

    async fn add(&mut self, at: usize, output: Output, ms: u128) {
        self.waiting[at] = Some((output, ms));
        while let Some((output, ms)) = self
            .waiting
            .get_mut(self.blocks.len())
            .and_then(Option::take)
        {
            self.tell(output, Some(ms)).await;
        }
    }

    /// Everything without a result was cancelled; results that came out of turn stand.
    async fn cancel(&mut self) {
        while !self.complete() {
            let came = self.waiting[self.blocks.len()].take();
            let cancelled = || Output {
                outcome: Outcome::Cancelled,
                content: "The call was cancelled.".to_owned(),
            };
            let (output, ms) =
                came.map_or_else(|| (cancelled(), None), |(output, ms)| (output, Some(ms)));
            self.tell(output, ms).await;
        }
    }

    async fn refuse(&mut self) {
        while !self.complete() {
            let content =
                "The call was not run: the model was cut off before it was complete.".to_owned();
            self.tell(
                Output {
                    outcome: Outcome::Error,
                    content,
                },
                None,
            )
            .await;
        }
    }

    async fn tell(&mut self, output: Output, ms: Option<u128>) {
        let result = ToolResult {
            message_id: MessageId::random(),
            call_id: self.calls[self.blocks.len()].id.clone(),
            outcome: output.outcome,
            content: output.content,
        };
        self.ctx.tell(draft(&result, ms)).await;
        self.blocks.push(Block::ToolResult(result));
    }
}

fn draft(result: &ToolResult, ms: Option<u128>) -> Draft {
    let whole = result.content.as_str();
    let shown = &whole[..whole.floor_char_boundary(MAX_WIRE_BYTES)];
    let cut = shown.len() < whole.len();
    let event = Event::ToolCallResult {
        message_id: result.message_id.clone(),
        tool_call_id: result.call_id.clone(),
        content: shown.to_owned(),
        role: ToolRole::Tool,
    };
    event.noted(Notes {
        outcome: Some(result.outcome),
        ms: ms.and_then(|ms| ms.try_into().ok()),
        truncated: cut.then_some(true),
        bytes: cut.then_some(whole.len() as u64),
        ..Notes::default()
    })
}
