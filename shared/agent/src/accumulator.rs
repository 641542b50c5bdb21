//! An answer that is being put together.

use crate::block::Open;
use crate::model::{Delta, StopReason};
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Message, Role, Usage};
use longwire_protocol::numbered::Draft;

/// An answer that is being put together. Pure: pieces go in, drafts of lines come out, and in the end
/// the message to keep. Blocks may interleave; a block whose end never comes is ended by [`finish`].
///
/// [`finish`]: ReplyAccumulator::finish
pub(super) struct ReplyAccumulator {
    run_id: RunId,
    show_reasoning: bool,
    /// In the order they began, each with Bedrock's contentBlockIndex.
    blocks: Vec<(u32, Open)>,
    /// What the step's calls hang on: its last text before them, or an id of their own.
    parent: Option<MessageId>,
    shown: bool,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    latency_ms: Option<u64>,
}

impl ReplyAccumulator {
    pub(super) fn new(run_id: RunId, show_reasoning: bool) -> Self {
        Self {
            run_id,
            show_reasoning,
            blocks: Vec::new(),
            parent: None,
            shown: false,
            stop: None,
            usage: None,
            latency_ms: None,
        }
    }

    /// Takes the next piece and says what to tell the client.
    pub(super) fn take(&mut self, delta: Delta) -> Vec<Draft> {
        let mut drafts = Vec::new();
        match delta {
            Delta::Text { block, text } => {
                let open = self.open(block, Open::is_text, Open::text, &mut drafts);
                drafts.extend(open.add_text(block, &text));
                if let Some(id) = open.text_id().cloned() {
                    self.parent = Some(id);
                }
            }
            Delta::Reasoning { block, thought } => {
                let show = self.show_reasoning;
                let (fits, new) = (
                    |open: &Open| open.is_reasoning(&thought),
                    || Open::reasoning(&thought),
                );
                let open = self.open(block, fits, new, &mut drafts);
                drafts.extend(open.add_thought(block, thought, show));
            }
            Delta::ToolStart { block, name } => {
                let parent = self.parent.get_or_insert_with(MessageId::random).clone();
                let (call, start) = Open::call(block, name, parent);
                self.open(block, |_| false, || call, &mut drafts);
                drafts.push(start);
            }
            Delta::ToolInput { block, json } => {
                drafts.extend(self.last(block).and_then(|open| open.add_input(&json)));
            }
            Delta::BlockStop { block } => {
                drafts.extend(self.last(block).into_iter().flat_map(Open::end))
            }
            Delta::Stop(reason) => self.stop = Some(reason),
            Delta::Metadata { usage, latency_ms } => {
                self.usage = Some(usage);
                self.latency_ms = Some(latency_ms);
            }
        }
        self.shown |= !drafts.is_empty();
        drafts
    }

    /// The block of this index that is being put together, if it fits what comes next; else a new one. A model
    /// may use an index again: what had it before is ended first.
    fn open(
        &mut self,
        block: u32,
        fits: impl Fn(&Open) -> bool,
        new: impl FnOnce() -> Open,
        drafts: &mut Vec<Draft>,
    ) -> &mut Open {
        let goes_on = self
            .last(block)
            .is_some_and(|open| open.is_open() && fits(open));
        if !goes_on {
            drafts.extend(self.last(block).into_iter().flat_map(Open::end));
            self.blocks.push((block, new()));
        }
        let at = self
            .blocks
            .iter()
            .rposition(|(index, _)| *index == block)
            .unwrap_or_default();
        &mut self.blocks[at].1
    }

    fn last(&mut self, block: u32) -> Option<&mut Open> {
        self.blocks
            .iter_mut()
            .rfind(|(index, _)| *index == block)
            .map(|(_, open)| open)
    }

    /// Something of this answer was shown to the client.
    pub(super) fn shown(&self) -> bool {
        self.shown
    }

    pub(super) fn stop_reason(&self) -> Option<StopReason> {
        self.stop.clone()
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    pub(super) fn latency_ms(&self) -> Option<u64> {
        self.latency_ms
    }

    /// Ends what is still open; returns the drafts that say so and the message to keep.
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
        let mut message = Message::new(Role::Assistant, self.run_id, blocks);
        message.usage = self.usage;
        (drafts, message)
    }
}
