//! Results of a step's tool calls, emitted in the order of the calls.

use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::text::prefix;
use longwire_core::tool::{ToolCall, ToolResult};
use longwire_protocol::event::{Event, ToolRole};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_stream::sink::{EventSink, Stopped};
use longwire_tools::guard::Output;

use crate::approvals::{ApprovedCall, with_edits};
use crate::ctx::Ctx;
use crate::result_limits::{Limited, ResultBytes};

/// Most bytes of a result that are sent to clients.
const MAX_CLIENT_BYTES: usize = 16 * 1024;

/// Results of a step's calls. A result is emitted once all calls before its own have theirs, or are left open.
pub(super) struct Results<'a> {
    events: &'a EventSink,
    run_id: &'a RunId,
    calls: Vec<&'a ToolCall>,
    /// State of each call.
    states: Vec<State>,
    /// Position of the first call whose result is awaited.
    next: usize,
    /// Bytes left for the results that are not emitted.
    bytes: ResultBytes,
    /// Results that were emitted.
    blocks: Vec<Block>,
    /// Approvals of the calls.
    approved: &'a [ApprovedCall],
}

/// State of a call.
enum State {
    /// No result yet.
    Awaited,
    /// Result that waits for an earlier call's, with its duration in milliseconds.
    Ready(Output, Option<u128>),
    /// Left open, for the client or for an approval.
    Open,
    /// Result emitted.
    Done,
}

impl<'a> Results<'a> {
    /// Starts without a result for any call of `message`.
    pub(super) fn new(ctx: &'a Ctx<'_>, message: &'a Message) -> Self {
        Self::of(&ctx.events, &ctx.run_id, message.calls().collect())
    }

    /// Starts without a result for any of these calls of a run.
    pub(super) fn of(events: &'a EventSink, run_id: &'a RunId, calls: Vec<&'a ToolCall>) -> Self {
        Self {
            events,
            run_id,
            bytes: ResultBytes::new(calls.len()),
            states: calls.iter().map(|_| State::Awaited).collect(),
            calls,
            next: 0,
            blocks: Vec::new(),
            approved: &[],
        }
    }

    /// Sets the approvals of the calls, which their results name.
    pub(super) fn set_approved(&mut self, approved: &'a [ApprovedCall]) {
        self.approved = approved;
    }

    /// Id of the call at this position.
    pub(super) fn call_id(&self, position: usize) -> &'a CallId {
        &self.calls[position].id
    }

    /// Tells whether every call has its result, or is left open.
    pub(super) fn complete(&self) -> bool {
        self.next == self.calls.len()
    }

    /// Leaves the call at this position open.
    pub(super) async fn leave_open(&mut self, position: usize) {
        self.states[position] = State::Open;
        self.advance().await;
    }

    /// Adds the result of the call at this position, with its duration in milliseconds if the call was made.
    pub(super) async fn add(&mut self, position: usize, output: Output, ms: Option<u128>) {
        self.states[position] = State::Ready(output, ms);
        self.advance().await;
    }

    /// Gives every call without a result the output for its position, calls that were left open included. Results that
    /// wait are kept.
    pub(super) async fn fill(&mut self, output: impl Fn(usize) -> Output) {
        for position in 0..self.calls.len() {
            match std::mem::replace(&mut self.states[position], State::Done) {
                State::Awaited | State::Open => self.emit(position, output(position), None).await,
                State::Ready(output, ms) => self.emit(position, output, ms).await,
                State::Done => {}
            }
        }
        self.next = self.calls.len();
    }

    /// User message that carries the results; `None` when there are none.
    pub(super) fn message(self) -> Option<Message> {
        if self.blocks.is_empty() {
            return None;
        }
        let run_id = self.run_id.clone();
        Some(Message::new(Role::User, run_id, self.blocks))
    }

    /// Emits the results that wait for no other one.
    async fn advance(&mut self) {
        while let Some(state) = self.states.get_mut(self.next) {
            match state {
                State::Awaited => return,
                State::Open | State::Done => {}
                State::Ready(..) => {
                    if let State::Ready(output, ms) = std::mem::replace(state, State::Done) {
                        self.emit(self.next, output, ms).await;
                    }
                }
            }
            self.next += 1;
        }
    }

    async fn emit(&mut self, position: usize, output: Output, ms: Option<u128>) {
        let call_id = self.calls[position].id.clone();
        let decision = self.approved.iter().find(|call| call.id == call_id);
        let decision = decision.map(|call| call.decision.clone());
        let edited = decision
            .as_ref()
            .and_then(|decision| decision.edited_args.as_deref());
        self.bytes.take_text(edited.unwrap_or_default());
        let content = with_edits(output.content, edited);
        let Limited { content, cut_from } = self.bytes.limit(content);
        let result = ToolResult {
            message_id: MessageId::random(),
            call_id,
            outcome: output.outcome,
            content,
            decision,
        };
        // A stopped sink takes none; the worker drops the loop then.
        let _: Result<(), Stopped> = self.events.emit(draft(&result, cut_from, ms)).await;
        self.blocks.push(Block::ToolResult(result));
    }
}

/// Event of a result, truncated for clients. `cut_from` is the size of the content before it was cut for the model.
fn draft(result: &ToolResult, cut_from: Option<usize>, ms: Option<u128>) -> Draft {
    let stored = result.content.as_str();
    let content = prefix(stored, MAX_CLIENT_BYTES);
    let truncated = cut_from.is_some() || content.len() < stored.len();
    let whole = cut_from.unwrap_or(stored.len());
    let event = Event::ToolCallResult {
        message_id: result.message_id.clone(),
        tool_call_id: result.call_id.clone(),
        content: content.to_owned(),
        role: ToolRole::Tool,
    };
    event.annotated(Annotations {
        outcome: Some(result.outcome),
        ms: ms.and_then(|ms| ms.try_into().ok()),
        truncated: truncated.then_some(true),
        bytes: truncated.then_some(whole as u64),
        ..Annotations::default()
    })
}

#[cfg(test)]
mod tests {
    use longwire_core::tool::ToolOutcome;

    use super::*;

    /// Length of the content on the wire, `lw.truncated` and `lw.bytes`.
    fn wire(stored: usize, cut_from: Option<usize>) -> (usize, Option<bool>, Option<u64>) {
        let result = ToolResult {
            message_id: MessageId::trusted("m_1"),
            call_id: CallId::trusted("c_1"),
            outcome: ToolOutcome::Success,
            content: "a".repeat(stored),
            decision: None,
        };
        let draft = draft(&result, cut_from, None);
        let Event::ToolCallResult { content, .. } = draft.event else {
            panic!("not a result");
        };
        (
            content.len(),
            draft.annotations.truncated,
            draft.annotations.bytes,
        )
    }

    #[test]
    fn clients_learn_the_size_of_a_result_that_was_cut_for_them_or_for_the_model() {
        assert_eq!(wire(16_384, None), (16_384, None, None));
        assert_eq!(wire(16_385, None), (16_384, Some(true), Some(16_385)));
        assert_eq!(
            wire(98_304, Some(200_000)),
            (16_384, Some(true), Some(200_000))
        );
        assert_eq!(
            wire(9_000, Some(200_000)),
            (9_000, Some(true), Some(200_000))
        );
    }
}
