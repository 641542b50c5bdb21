//! View of a run: what its requests show of the conversation, under which system prompt and with which tools.

use longwire_core::job::VERSION;
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
    /// The conversation was halved for this model call.
    halved: bool,
    /// The frame is not stored.
    changed: bool,
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
    /// Name of the part, for the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reasoning => "reasoning",
            Self::Messages => "earlier messages",
        }
    }

    /// Text for people.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Reasoning => "The model continues without its earlier reasoning.",
            Self::Messages => "The model continues without earlier messages.",
        }
    }
}

impl View {
    /// Makes the view of the stored frame if this model made it; else a new one.
    pub(super) fn new(ctx: &Ctx<'_>, conversation: &[Message]) -> Self {
        let stored = ctx.frame.as_ref();
        match stored.filter(|frame| frame.model == ctx.model.id()) {
            Some(frame) => Self::continued(frame.clone(), ctx, conversation),
            None => Self::begun(ctx, conversation),
        }
    }

    /// A frame whose first message is not there any more begins with the prompt, and then without reasoning.
    fn continued(frame: RunFrame, ctx: &Ctx<'_>, conversation: &[Message]) -> Self {
        let first = frame.first_message_id.as_ref();
        let found = first.and_then(|id| context_window::position(conversation, id));
        let mut view = Self {
            start: found.unwrap_or_default(),
            frame,
            halved: false,
            changed: false,
        };
        if found.is_none() {
            view.start_at(context_window::last_prompt(conversation), ctx, conversation);
            view.leave_out_reasoning();
        }
        view
    }

    fn begun(ctx: &Ctx<'_>, conversation: &[Message]) -> Self {
        let window = ctx.limits.window;
        let mut tools = ctx.tools.specs();
        tools.extend_from_slice(ctx.client_tools.specs());
        let context = ctx.model.context_tokens();
        let room = Room::new(context, ctx.limits.max_tokens, &ctx.system, &tools);
        let start = context_window::start(conversation, window, room);
        // Reasoning of an earlier worker is bound to a frame that is not known here.
        let own =
            |message: &Message| message.role == Role::Assistant && message.run_id == ctx.run_id;
        Self {
            frame: RunFrame {
                v: VERSION,
                model: ctx.model.id().to_owned(),
                system: ctx.system.clone(),
                tools,
                first_message: window.number(start),
                first_message_id: conversation.get(start).map(|first| first.id.clone()),
                reasoning: !conversation.iter().any(own),
            },
            start,
            halved: false,
            changed: true,
        }
    }

    /// Frame to store with the next step, if the stored one is another.
    pub(super) fn unstored_frame(&mut self) -> Option<RunFrame> {
        std::mem::take(&mut self.changed).then(|| self.frame.clone())
    }

    /// Number of the first message that is shown.
    pub(super) fn first_message(&self) -> u64 {
        self.frame.first_message
    }

    /// Begins a model call: each one may halve the conversation once.
    pub(super) fn begin_call(&mut self) {
        self.halved = false;
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
                ctx.question.as_deref(),
                ctx.limits.window.cache_points,
                self.frame.reasoning.then_some(own),
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
        ctx: &Ctx<'_>,
        conversation: &[Message],
    ) -> Option<LeftOut> {
        let left_out = match kind {
            ModelErrorKind::ContextTooLong if !self.halved => {
                self.halved = true;
                let start = context_window::half(conversation, self.start);
                self.start_later(start, ctx, conversation)?
            }
            ModelErrorKind::Invalid if repeats_reasoning(&refused.turns) => LeftOut::Reasoning,
            ModelErrorKind::Invalid => {
                let start = context_window::last_prompt(conversation);
                self.start_later(start, ctx, conversation)?
            }
            _ => return None,
        };
        self.leave_out_reasoning();
        Some(left_out)
    }

    fn start_later(
        &mut self,
        start: usize,
        ctx: &Ctx<'_>,
        conversation: &[Message],
    ) -> Option<LeftOut> {
        if start <= self.start {
            return None;
        }
        self.start_at(start, ctx, conversation);
        Some(LeftOut::Messages)
    }

    fn start_at(&mut self, start: usize, ctx: &Ctx<'_>, conversation: &[Message]) {
        self.start = start;
        self.frame.first_message = ctx.limits.window.number(start);
        self.frame.first_message_id = conversation.get(start).map(|first| first.id.clone());
    }

    /// Leaves out the reasoning also when the first message changes: the reasoning is bound to it.
    fn leave_out_reasoning(&mut self) {
        self.frame.reasoning = false;
        self.changed = true;
    }
}

fn repeats_reasoning(turns: &[Turn]) -> bool {
    let mut parts = turns.iter().flat_map(|turn| &turn.parts);
    parts.any(Part::is_reasoning)
}
