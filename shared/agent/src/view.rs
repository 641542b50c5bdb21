//! View of a run: what its requests show of the conversation, under which system prompt and with which tools.

use longwire_core::ids::RunId;
use longwire_core::message::{Message, Role};
use longwire_core::run_frame::RunFrame;

use crate::context_window::{self, OwnReasoning, Room};
use crate::ctx::Ctx;
use crate::model::{ModelErrorKind, Part, Request, Turn};

/// View of a run. It is fixed from the first request on, so that the model's reasoning stays valid and the prompt cache
/// finds the same prefix, and is reduced only when the model refuses a request.
pub(super) struct View {
    frame: RunFrame,
    /// Index of the first message that is shown.
    start: usize,
    /// Repeats the reasoning of the run.
    reasoning: bool,
    halved: bool,
}

/// Part of a request that is left out after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// Reasoning of the run.
    Reasoning,
    /// Earlier messages of the thread.
    Messages,
}

impl LeftOut {
    /// Text for people.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Reasoning => "The model continues without its earlier reasoning.",
            Self::Messages => "The model continues without earlier messages.",
        }
    }
}

impl View {
    /// Makes the view of a run: that of its first worker, as far as the same model answers.
    pub(super) fn new(ctx: &Ctx<'_>, conversation: &[Message]) -> Self {
        let fixed = ctx.frame.as_ref();
        if let Some(frame) = fixed.filter(|frame| frame.model == ctx.model.id()) {
            let window = ctx.limits.window;
            return Self {
                frame: frame.clone(),
                start: context_window::start_at(conversation, window, frame.first_message),
                reasoning: true,
                halved: false,
            };
        }
        let tools = ctx.tools.specs();
        let room = Room::new(
            ctx.model.context_tokens(),
            ctx.limits.max_tokens,
            &ctx.system,
            &tools,
        );
        let start = context_window::start(conversation, ctx.limits.window, room);
        let model = ctx.model.id().to_owned();
        let first = (ctx.limits.window.before.saturating_add(start) as u64).saturating_add(1);
        // Reasoning of an earlier worker is bound to a frame that is not known here.
        let begun =
            |message: &Message| message.role == Role::Assistant && message.run_id == ctx.run_id;
        Self {
            frame: RunFrame::new(model, ctx.system.clone(), tools, first),
            start,
            reasoning: !conversation.iter().any(begun),
            halved: false,
        }
    }

    /// Frame to store with the first step, unless an earlier worker stored one.
    pub(super) fn frame_to_store(&self, ctx: &Ctx<'_>) -> Option<RunFrame> {
        ctx.frame.is_none().then(|| self.frame.clone())
    }

    /// Makes the next request.
    pub(super) fn request(&self, ctx: &Ctx<'_>, conversation: &[Message]) -> Request {
        let own = OwnReasoning {
            run_id: &ctx.run_id,
            model: &self.frame.model,
        };
        Request {
            system: self.frame.system.clone(),
            turns: context_window::turns(
                conversation.get(self.start..).unwrap_or_default(),
                ctx.limits.window.cache_points,
                self.reasoning.then_some(own),
            ),
            tools: self.frame.tools.clone(),
            max_tokens: ctx.limits.max_tokens,
            reasoning: ctx.reasoning,
            run_id: ctx.run_id.clone(),
            thread_id: ctx.thread_id.clone(),
        }
    }

    /// Leaves out a part of a request that the model refused; `None` when nothing can be left out. Every prompt of a thread
    /// repeats its messages, so one that the model refuses would end the thread.
    pub(super) fn reduce(
        &mut self,
        kind: ModelErrorKind,
        refused: &Request,
        conversation: &[Message],
        run_id: &RunId,
    ) -> Option<LeftOut> {
        match kind {
            ModelErrorKind::ContextTooLong if !self.halved => {
                self.halved = true;
                self.start_at(context_window::half(conversation, self.start))
            }
            ModelErrorKind::Invalid if repeats_reasoning(&refused.turns) => {
                self.reasoning = false;
                Some(LeftOut::Reasoning)
            }
            ModelErrorKind::Invalid => {
                let own = |message: &Message| message.is_plain_user() && message.run_id == *run_id;
                self.start_at(conversation.iter().rposition(own)?)
            }
            _ => None,
        }
    }

    /// Starts at a later message. What stood before the reasoning changes with it.
    fn start_at(&mut self, start: usize) -> Option<LeftOut> {
        if start <= self.start {
            return None;
        }
        self.start = start;
        self.reasoning = false;
        Some(LeftOut::Messages)
    }
}

fn repeats_reasoning(turns: &[Turn]) -> bool {
    let mut parts = turns.iter().flat_map(|turn| &turn.parts);
    parts.any(|part| matches!(part, Part::Reasoning { .. } | Part::RedactedReasoning(_)))
}
