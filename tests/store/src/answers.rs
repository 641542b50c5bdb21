//! Answers to the calls that a thread waits for: results of the client's tools, in one part or several, and decisions about
//! calls that need approval.

use std::sync::Arc;

use longwire_core::approval::Decision;
use longwire_core::ids::{CallId, ConnectionId, RunId};
use longwire_core::tool::ToolOutcome;
use longwire_scheduler::results::{Answered, NewResult};
use longwire_store::threads::record::Subscriber;
use serde_json::Map;

use crate::environment::{Environment, THREAD_LIFE};
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::ingest::shape;
use crate::operation::{Operation, Process};

/// Choices of a client that answers a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choices {
    /// The first of two results, or the approval of the call; otherwise the second result, or the denial.
    pub first: bool,
    /// Part that is sent first.
    pub part: usize,
    /// All parts are sent, one after the other, until one is not accepted.
    pub all: bool,
    /// The answer is of the kind that the call waits for: a result or a decision.
    pub right_kind: bool,
}

/// Sends an answer to a call. `approval` tells whether the call waits for one.
pub(crate) fn answer(
    environment: &Arc<Environment>,
    call_id: CallId,
    approval: bool,
    choices: Choices,
    faults: Vec<Fault>,
) -> Operation {
    let decides = approval == choices.right_kind;
    let answers = match decides {
        true => vec![decision(environment, call_id, choices.first)],
        false => result_parts(environment, &call_id, choices),
    };
    let name = match answers.first() {
        Some(first) if decides => format!("{} of {}", approved(choices.first), first.call_id),
        first => format!("result {}", first.map_or("", |first| &first.content)),
    };
    let injector = FaultInjector::new(environment, name, Order::AsSent, faults);
    let scheduler = environment.scheduler(&injector);
    let environment = Arc::clone(environment);
    let future = Box::pin(async move {
        for answer in &answers {
            let before = environment.observations().before(answer);
            let answered = scheduler.answer(answer).await;
            let accepted = matches!(answered, Ok(Answered::Accepted { .. }));
            environment
                .observations()
                .answer_reported(answer, before, &answered);
            if !accepted {
                return;
            }
        }
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}

/// Content of a part of the first or the second result of a call. It ends with a semicolon.
pub(crate) fn content(call_id: &CallId, first: bool, part: usize, of: usize) -> String {
    let name = if first { "one" } else { "two" };
    format!("{name} {part}/{of} of {call_id};")
}

/// Parts of a result of a call, in the order in which they are sent. The two results of every third call have parts of the same
/// number.
fn result_parts(environment: &Environment, call_id: &CallId, choices: Choices) -> Vec<NewResult> {
    let last = call_id.as_str().bytes().last().unwrap_or_default();
    let parts = usize::from(last) % 3 + 1;
    let of = if choices.first { parts } else { 4 - parts };
    let sent = if choices.all { of } else { 1 };
    let numbers = (0..sent).map(|position| (choices.part % of + position) % of + 1);
    numbers
        .map(|part| NewResult {
            part,
            of,
            content: content(call_id, choices.first, part, of),
            ..new_answer(environment, call_id.clone())
        })
        .collect()
}

/// Decision about a call, as the action `approval` of `lambdas/ingest` makes it.
fn decision(environment: &Environment, call_id: CallId, approved: bool) -> NewResult {
    let decision = Decision {
        approved,
        reason: None,
        edited_args: None,
        by: None,
        at: environment.now(),
    };
    let (outcome, content) = match approved {
        true => (ToolOutcome::Success, String::new()),
        false => (ToolOutcome::Denied, decision.denial()),
    };
    // The id of a call begins with the run that made it.
    let asked_by = call_id.as_str().split('-').next().map(RunId::trusted);
    NewResult {
        outcome,
        content,
        decision: Some(decision),
        checked: asked_by,
        ..new_answer(environment, call_id)
    }
}

fn approved(approved: bool) -> &'static str {
    if approved { "approval" } else { "denial" }
}

fn new_answer(environment: &Environment, call_id: CallId) -> NewResult {
    NewResult {
        key: environment.key.clone(),
        call_id,
        part: 1,
        of: 1,
        outcome: ToolOutcome::Success,
        content: String::new(),
        decision: None,
        checked: None,
        message_id: None,
        next_run_id: None,
        state: Map::new(),
        payer: None,
        subscriber: Subscriber {
            connection: ConnectionId::trusted("c"),
            shape: shape(),
        },
        millis: environment.request_time(),
        life: THREAD_LIFE,
    }
}
