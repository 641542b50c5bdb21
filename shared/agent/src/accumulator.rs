//! The reply accumulator: the model's deltas in, events and a message out.

use longwire_core::approval::ApprovalNeeded;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Message, Role, Usage};
use longwire_protocol::numbered::{Draft, Executor};

use crate::client_tools::ClientTools;
use crate::ctx::Ctx;
use crate::model::{Delta, ModelError, ModelErrorKind, ReasoningDelta, StopReason};
use crate::open_block::OpenBlock;
use crate::outcome::Stop;

/// Accumulates one reply. Pure: takes deltas, returns the events for the client, and in the end the message to
/// store. Blocks may interleave. A block without an end is ended by [`finish`](ReplyAccumulator::finish).
pub(super) struct ReplyAccumulator {
    run_id: RunId,
    /// Reasoning becomes events.
    show_reasoning: bool,
    client_tools: ClientTools,
    /// Tools whose calls need approval.
    needing_approval: Vec<(&'static str, ApprovalNeeded)>,
    /// Blocks in the order of their starts, each with Bedrock's contentBlockIndex.
    blocks: Vec<(u32, OpenBlock)>,
    /// Message that the tool calls belong to on the wire: the last text before them, or a generated id.
    parent: Option<MessageId>,
    has_output: bool,
    /// Bytes of the deltas; `None` until the reply begins.
    received: Option<usize>,
    /// Deltas of arguments belong to no call: its start was missing or is not known to this version.
    has_lost_input: bool,
    stop_reason: Option<StopReason>,
    usage: Option<Usage>,
    latency_ms: Option<u64>,
}

impl ReplyAccumulator {
    /// Starts an empty reply.
    pub(super) fn new(ctx: &Ctx<'_>) -> Self {
        Self {
            run_id: ctx.run_id.clone(),
            show_reasoning: ctx.reasoning,
            client_tools: ctx.client_tools.clone(),
            needing_approval: ctx.tools.needing_approval(),
            blocks: Vec::new(),
            parent: None,
            has_output: false,
            received: None,
            has_lost_input: false,
            stop_reason: None,
            usage: None,
            latency_ms: None,
        }
    }

    /// Notes that the model was called: tokens are charged from now on.
    pub(super) fn begin(&mut self) {
        self.received = Some(0);
    }

    /// Notes that the model did not take the request: nothing is charged.
    pub(super) fn refuse(&mut self) {
        self.received = None;
    }

    /// Bytes of the reply so far; `None` when it has not begun.
    pub(super) fn received(&self) -> Option<usize> {
        self.received
    }

    /// Adds a delta and returns the events that it leads to.
    pub(super) fn add(&mut self, delta: Delta) -> Vec<Draft> {
        let mut drafts = Vec::new();
        self.received = self.received.map(|bytes| bytes + delta.len());
        match delta {
            Delta::Text { block, text } => {
                let open = self.open(block, OpenBlock::is_text, OpenBlock::text, &mut drafts);
                drafts.extend(open.add_text(block, &text));
                if let Some(id) = open.started_text().cloned() {
                    self.parent = Some(id);
                }
            }
            Delta::Reasoning { block, delta } => drafts.extend(self.add_reasoning(block, delta)),
            Delta::ToolStart { block, name } => {
                let parent = self.parent.get_or_insert_with(MessageId::random).clone();
                let executor = match self.client_tools.contain(&name) {
                    true => Executor::Client,
                    false => Executor::Server,
                };
                let approval = self.approval(&name);
                let (call, start) = OpenBlock::call(block, name, executor, approval, parent);
                self.open(block, |_| false, || call, &mut drafts);
                drafts.push(start);
            }
            Delta::ToolInput { block, json } => drafts.extend(self.add_input(block, &json)),
            Delta::BlockStop { block } => {
                drafts.extend(self.last(block).into_iter().flat_map(OpenBlock::end));
            }
            Delta::Stop(reason) => self.stop_reason = Some(reason),
            Delta::Metadata { usage, latency_ms } => {
                self.usage = usage.or(self.usage);
                self.latency_ms = latency_ms.or(self.latency_ms);
            }
        }
        self.has_output |= !drafts.is_empty();
        drafts
    }

    /// Adds reasoning. A signature may come after the end of its block, and belongs to it all the same.
    fn add_reasoning(&mut self, block: u32, delta: ReasoningDelta) -> Vec<Draft> {
        let ended = self.last(block).filter(|last| last.is_ended_reasoning());
        if let (ReasoningDelta::Signature(part), Some(ended)) = (&delta, ended) {
            ended.sign(part);
            return Vec::new();
        }
        let show = self.show_reasoning;
        let (fits, new) = (
            |open: &OpenBlock| open.continues_reasoning(&delta),
            || OpenBlock::reasoning(&delta),
        );
        let mut drafts = Vec::new();
        let open = self.open(block, fits, new, &mut drafts);
        drafts.extend(open.add_reasoning(block, delta, show));
        drafts
    }

    /// Approval that calls of a tool need.
    fn approval(&self, name: &str) -> Option<ApprovalNeeded> {
        let mut needing = self.needing_approval.iter();
        let (_, needed) = needing.find(|(tool, _)| *tool == name)?;
        Some(*needed)
    }

    /// Adds arguments to the open call of this index. Those for a call that has ended are left out: its end was sent.
    fn add_input(&mut self, block: u32, json: &str) -> Option<Draft> {
        match self.last(block).filter(|last| last.is_call()) {
            Some(call) if call.is_open() => call.add_input(json),
            Some(_) => {
                tracing::warn!(
                    event = "late_arguments",
                    block,
                    "the model sent arguments after the end of their call"
                );
                None
            }
            None => {
                self.has_lost_input = true;
                None
            }
        }
    }

    /// The open block of this index if it fits the delta, else a new one. A model may reuse an index; the block
    /// that had it before is ended first.
    fn open(
        &mut self,
        block: u32,
        fits: impl Fn(&OpenBlock) -> bool,
        new: impl FnOnce() -> OpenBlock,
        drafts: &mut Vec<Draft>,
    ) -> &mut OpenBlock {
        let continues = self
            .last(block)
            .is_some_and(|open| open.is_open() && fits(open));
        if !continues {
            drafts.extend(self.last(block).into_iter().flat_map(OpenBlock::end));
            self.blocks.push((block, new()));
        }
        let position = self
            .blocks
            .iter()
            .rposition(|(index, _)| *index == block)
            .unwrap_or_default();
        &mut self.blocks[position].1
    }

    fn last(&mut self, block: u32) -> Option<&mut OpenBlock> {
        self.blocks
            .iter_mut()
            .rfind(|(index, _)| *index == block)
            .map(|(_, open)| open)
    }

    /// Tells whether the model ended its turn with neither text nor a call. Reasoning is no answer, whether it is shown or
    /// not.
    pub(super) fn is_empty(&self) -> bool {
        let mut blocks = self.blocks.iter().map(|(_, open)| open);
        let has_content = blocks.any(|open| open.is_call() || open.started_text().is_some());
        self.stop_reason.is_some() && !has_content && !self.has_lost_input
    }

    /// Tells whether the reply led to an event so far.
    pub(super) fn has_output(&self) -> bool {
        self.has_output
    }

    /// End of the model call. Fails when the model gave no stop reason, or ended its turn with a reply that cannot be used.
    pub(super) fn stop(&self) -> Result<Stop, ModelError> {
        let calls_tools = self.blocks.iter().any(|(_, open)| open.is_call());
        let reason = self.stop_reason.as_ref().ok_or_else(without_stop_reason)?;
        let stop = Stop::from_model(reason, calls_tools);
        match stop {
            Stop::EndTurn | Stop::ToolUse if self.has_lost_input => {
                Err(unusable("the arguments of a call without a start"))
            }
            Stop::EndTurn | Stop::Refused if self.is_empty() => {
                Err(unusable("neither text nor a call"))
            }
            Stop::MaxTokens if self.is_empty() => Err(cut_off()),
            stop => Ok(stop),
        }
    }

    /// Stop reason of the model.
    pub(super) fn stop_reason(&self) -> Option<&StopReason> {
        self.stop_reason.as_ref()
    }

    /// Token counts of the call, once reported.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Latency of the call in milliseconds, once reported.
    pub(super) fn latency_ms(&self) -> Option<u64> {
        self.latency_ms
    }

    /// Ends the open blocks. Returns the events of their ends and the message to store.
    pub(super) fn finish(mut self) -> (Vec<Draft>, Message) {
        let drafts = self
            .blocks
            .iter_mut()
            .flat_map(|(_, open)| open.end())
            .collect();
        let blocks = self
            .blocks
            .into_iter()
            .filter_map(|(_, open)| open.into_block())
            .collect();
        (drafts, Message::new(Role::Assistant, self.run_id, blocks))
    }
}

/// Error of a stream that ends without a stop reason: it broke off.
fn without_stop_reason() -> ModelError {
    ModelError {
        kind: ModelErrorKind::Stream,
        detail: "the stream ended without messageStop".to_owned(),
    }
}

fn unusable(content: &str) -> ModelError {
    ModelError {
        kind: ModelErrorKind::Unusable,
        detail: format!("the reply has {content}"),
    }
}

/// Error of a reply whose tokens were used up by reasoning.
fn cut_off() -> ModelError {
    ModelError {
        kind: ModelErrorKind::CutOff,
        detail: "the reply was cut off before it had text or a call".to_owned(),
    }
}
