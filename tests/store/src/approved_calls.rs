//! Substitute for the beginning of the agent loop of a run that follows decisions: makes the approved calls, as
//! `shared/agent/src/approvals.rs` does, and ends the run again when calls of the client are open too.

use longwire_agent::client_tools::cancel_calls;
use longwire_agent::ctx::{Stage, Step};
use longwire_core::ids::MessageId;
use longwire_core::message::{Block, Message, Role, open_calls};
use longwire_core::pending::Pending;
use longwire_core::run::RunEnd;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use longwire_runner::ending::Ending;
use longwire_runner::error::AttemptError;
use tokio::sync::oneshot;

use crate::agent_loop::AgentLoop;
use crate::attempt_plan::{ANSWER_LONG, AttemptEnd};
use crate::open_calls::CLIENT_TOOL;
use crate::run_names::following;

/// Content of the result of a call that was not made again.
const NOT_REPEATED: &str = "not repeated";

/// Content of the result of a call of a run that was cancelled.
const CANCELLED: &str = "cancelled";

/// Beginning of the content of the result of a call that was made.
pub(crate) const MADE: &str = "made ";

impl AgentLoop<'_> {
    /// Makes the approved calls with which the run begins, and stores its first message before and after. Returns `true` when
    /// the attempt ends with it.
    pub(crate) async fn begin(&mut self) -> Result<bool, AttemptError> {
        let history = self.attempt.history.messages.iter();
        let mut messages: Vec<_> = history.map(|stored| stored.message.clone()).collect();
        let unstored = self.attempt.unstored_prompt();
        let maybe_made = unstored.is_none();
        messages.extend(unstored);
        let run_id = &self.attempt.lease.run_id;
        let calling = |last: &Message| last.calling && last.run_id == *run_id;
        let mut first = None;
        if messages.last().is_some_and(calling)
            && let Some(message) = messages.pop()
        {
            if !maybe_made {
                self.store_first(message.clone(), true).await?;
                if self.plan.end == AttemptEnd::Cut && self.may_hand_over() {
                    return self.hand_over(Some(self.writer.cut())).await.map(|()| true);
                }
            }
            let message = self.make_calls(&messages, message, maybe_made).await?;
            messages.push(message.clone());
            first = Some(message);
        }
        self.go_on(&messages, first).await
    }

    /// Stores the first message of the run with its results, or ends the run: with the calls of the client that are open, or
    /// because its cancellation is requested.
    async fn go_on(
        &mut self,
        messages: &[Message],
        first: Option<Message>,
    ) -> Result<bool, AttemptError> {
        let cancelled = self.row().await?.cancel_requested;
        let open = open_calls(messages);
        match (cancelled, first) {
            (None, first) if !open.is_empty() => {
                let run_id = self.attempt.lease.run_id.clone();
                let until = self.environment.now() + ANSWER_LONG;
                let calls = open.iter().map(|call| call.id.clone());
                let pending = Pending {
                    next_run_id: following(&run_id),
                    ..Pending::new(run_id, calls, until)
                };
                let ending = Ending {
                    messages: first.into_iter().collect(),
                    pending: Some(pending),
                    open: open.into_iter().cloned().collect(),
                    ..RunEnd::Finished.into()
                };
                self.end_with(ending).await.map(|()| true)
            }
            (Some(reason), first) => {
                let closed = cancel_calls(self.events, &self.attempt.lease.run_id, &open).await;
                let ending = Ending {
                    messages: first.into_iter().chain(closed).collect(),
                    ..RunEnd::Cancelled(reason).into()
                };
                self.end_with(ending).await.map(|()| true)
            }
            (None, Some(first)) => self.store_first(first, false).await.map(|()| false),
            (None, None) => Ok(false),
        }
    }

    /// Makes the approved calls, unless an earlier worker may have made them, and adds their results to the first message of the
    /// run.
    async fn make_calls(
        &self,
        messages: &[Message],
        mut first: Message,
        maybe_made: bool,
    ) -> Result<Message, AttemptError> {
        // The worker makes calls under a valid lease only, and none of a run that is to be cancelled.
        let cancelled = self.row().await?.cancel_requested.is_some();
        let has_result = |call: &&ToolCall| first.results().any(|result| result.call_id == call.id);
        let open = open_calls(messages).into_iter();
        let open = open.filter(|call| !has_result(call) && call.name != CLIENT_TOOL);
        let results: Vec<_> = open
            .map(|call| self.make(call, maybe_made, cancelled))
            .collect();
        first.calling = false;
        first.blocks.extend(results);
        Ok(first)
    }

    fn make(&self, call: &ToolCall, maybe_made: bool, cancelled: bool) -> Block {
        let answers = &self.attempt.answers;
        let approved = answers
            .approved
            .iter()
            .find(|approved| approved.id == call.id);
        let (outcome, content) = match (maybe_made, cancelled) {
            (true, _) => (ToolOutcome::Error, NOT_REPEATED.to_owned()),
            (false, true) => (ToolOutcome::Cancelled, CANCELLED.to_owned()),
            (false, false) => {
                let run_id = &self.attempt.lease.run_id;
                self.environment.observations().call_made(&call.id, run_id);
                (ToolOutcome::Success, format!("{MADE}{}", call.id))
            }
        };
        Block::ToolResult(ToolResult {
            message_id: MessageId::trusted(format!("made-{}", call.id)),
            call_id: call.id.clone(),
            outcome,
            content,
            decision: approved.map(|approved| approved.decision.clone()),
        })
    }

    async fn store_first(&mut self, first: Message, calling: bool) -> Result<(), AttemptError> {
        debug_assert_eq!(first.role, Role::User);
        let (notify, _stored) = oneshot::channel();
        let step = Step {
            messages: vec![Message { calling, ..first }],
            events: self.events.batch().await?,
            frame: None,
            stage: match calling {
                true => Stage::Calling(notify),
                false => Stage::FirstMessage,
            },
        };
        self.writer.store_step(step).await
    }
}
