//! Results of a step's tool calls, emitted in the order of the calls.

use longwire_core::ids::{CallId, MessageId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::text::prefix;
use longwire_core::tool::{ToolCall, ToolResult};
use longwire_protocol::event::{Event, ToolRole};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_tools::guard::Output;

use crate::ctx::Ctx;
use crate::result_limits::{Limited, ResultBytes};

/// Most bytes of a result that are sent to clients.
const MAX_CLIENT_BYTES: usize = 16 * 1024;

/// Results of a step's calls. A result is emitted once all calls before its own have theirs.
pub(super) struct Results<'a, 'c> {
    ctx: &'a Ctx<'c>,
    calls: Vec<&'a ToolCall>,
    /// Results that wait for an earlier call's, by position of the call, each with its duration in milliseconds.
    pending: Vec<Option<(Output, Option<u128>)>>,
    /// Bytes left for the results that are not emitted.
    bytes: ResultBytes,
    /// Results that were emitted.
    blocks: Vec<Block>,
}

impl<'a, 'c> Results<'a, 'c> {
    /// Starts without a result for any call of `message`.
    pub(super) fn new(ctx: &'a Ctx<'c>, message: &'a Message) -> Self {
        let calls: Vec<_> = message.calls().collect();
        let pending = calls.iter().map(|_| None).collect();
        Self {
            ctx,
            bytes: ResultBytes::new(calls.len()),
            calls,
            pending,
            blocks: Vec::new(),
        }
    }

    /// Id of the call at this position.
    pub(super) fn call_id(&self, position: usize) -> &'a CallId {
        &self.calls[position].id
    }

    /// Tells whether every call has its result.
    pub(super) fn complete(&self) -> bool {
        self.blocks.len() == self.calls.len()
    }

    /// Adds the result of the call at this position, with its duration in milliseconds if the call was made.
    pub(super) async fn add(&mut self, position: usize, output: Output, ms: Option<u128>) {
        self.pending[position] = Some((output, ms));
        while let Some((output, ms)) = self
            .pending
            .get_mut(self.blocks.len())
            .and_then(Option::take)
        {
            self.emit(output, ms).await;
        }
    }

    /// Gives every call without a result the output for its position. Pending results are kept.
    pub(super) async fn fill(&mut self, output: impl Fn(usize) -> Output) {
        while !self.complete() {
            let position = self.blocks.len();
            let pending = self.pending[position].take();
            let (output, ms) = pending.unwrap_or_else(|| (output(position), None));
            self.emit(output, ms).await;
        }
    }

    /// User message that carries the results.
    pub(super) fn message(self) -> Message {
        Message::new(Role::User, self.ctx.run_id.clone(), self.blocks)
    }

    async fn emit(&mut self, output: Output, ms: Option<u128>) {
        let Limited { content, cut_from } = self.bytes.limit(output.content);
        let result = ToolResult {
            message_id: MessageId::random(),
            call_id: self.calls[self.blocks.len()].id.clone(),
            outcome: output.outcome,
            content,
        };
        self.ctx.emit(draft(&result, cut_from, ms)).await;
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
