//! The results of a step's calls, in the order of the calls.

use crate::ctx::Ctx;
use longwire_core::ids::{CallId, MessageId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::tool::{ToolCall, ToolResult};
use longwire_protocol::event::{Event, ToolRole};
use longwire_protocol::numbered::{Annotations, Draft};
use longwire_tools::guard::Output;

/// The most of a tool's result that travels to clients, in bytes. The model gets it whole.
const MAX_WIRE_BYTES: usize = 16 * 1024;

/// The results of a step, told as soon as all calls before them have theirs.
pub(super) struct Results<'a, 'c> {
    ctx: &'a Ctx<'c>,
    calls: Vec<&'a ToolCall>,
    waiting: Vec<Option<(Output, Option<u128>)>>,
    blocks: Vec<Block>,
}

impl<'a, 'c> Results<'a, 'c> {
    /// For the calls of `message`, of which none has its result.
    pub(super) fn new(ctx: &'a Ctx<'c>, message: &'a Message) -> Self {
        let calls: Vec<_> = message.calls().collect();
        let waiting = calls.iter().map(|_| None).collect();
        Self {
            ctx,
            calls,
            waiting,
            blocks: Vec::new(),
        }
    }

    /// What names the call at this place.
    pub(super) fn call(&self, at: usize) -> &'a CallId {
        &self.calls[at].id
    }

    /// Every call has its result.
    pub(super) fn complete(&self) -> bool {
        self.blocks.len() == self.calls.len()
    }

    /// The result of the call at this place, and how many milliseconds it took, if it was made.
    pub(super) async fn add(&mut self, at: usize, output: Output, ms: Option<u128>) {
        self.waiting[at] = Some((output, ms));
        while let Some((output, ms)) = self
            .waiting
            .get_mut(self.blocks.len())
            .and_then(Option::take)
        {
            self.tell(output, ms).await;
        }
    }

    /// Gives every call that has none this result; results that came out of turn stand.
    pub(super) async fn fill(&mut self, output: impl Fn(usize) -> Output) {
        while !self.complete() {
            let at = self.blocks.len();
            let came = self.waiting[at].take();
            let (output, ms) = came.unwrap_or_else(|| (output(at), None));
            self.tell(output, ms).await;
        }
    }

    /// The turn that answers the calls.
    pub(super) fn message(self) -> Message {
        Message::new(Role::User, self.ctx.run_id.clone(), self.blocks)
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
    event.annotated(Annotations {
        outcome: Some(result.outcome),
        ms: ms.and_then(|ms| ms.try_into().ok()),
        truncated: cut.then_some(true),
        bytes: cut.then_some(whole.len() as u64),
        ..Annotations::default()
    })
}
