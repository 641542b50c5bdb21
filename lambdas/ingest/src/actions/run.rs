//! `run`: AG-UI's RunAgentInput, as a prompt, as answers to the calls that the thread waits for, or as both.

use std::collections::BTreeSet;

use longwire_core::ids::{CallId, RunId};
use longwire_core::pending::Pending;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::approval::Approval;
use longwire_protocol::request::prompt::Prompt;
use longwire_protocol::request::run::{Run, RunPrompt, RunResult};
use longwire_protocol::request::tool_result::ToolResult;
use longwire_protocol::response::ack::{Ack, AckAction};
use longwire_protocol::response::error::{Code, ErrorResponse, invalid};
use longwire_scheduler::results::NewResult;

use crate::actions::{approval, prompt, tool_result};
use crate::call::Call;
use crate::failure::Failure;

/// Message for a request without the results of some calls.
const MISSING_RESULTS: &str =
    "`messages` must have the results of all calls that the thread waits for.";

/// Message for a request without the decisions about some calls.
const MISSING_DECISIONS: &str = "`resume` must answer all interrupts of the thread.";

/// Starts the run of a new message, or gives the answers that the thread waits for, all of them at once.
pub(crate) async fn answer(call: &Call<'_>, mut run: Run) -> Result<Ack, Failure> {
    let key = call.key(run.thread_id.clone());
    let meta = call.deps.threads.meta(&key, call.now()).await?;
    let pending = meta.and_then(|meta| meta.pending);
    if !run.approvals.is_empty() {
        return decide_all(call, &key, pending.as_ref(), run).await;
    }
    let pending = pending.filter(|pending| !pending.expired(call.now()));
    if let Some(pending) = &pending {
        run.results = covering(pending, &run.results)?;
    }
    let supersede = pending.is_some();
    match run.prompt.take() {
        None if supersede => {
            check_run_id(call, &key, run.run_id.as_ref(), pending.as_ref()).await?;
            give_all(call, run).await
        }
        None => give_all(call, run).await,
        Some(prompt) => {
            // The run of the message begins with the results.
            for result in run.results.iter().filter(|_| supersede) {
                let result = new_result(call, &run, result);
                if !call.scheduler().keep_result(&result).await? {
                    return Err(tool_result::not_pending(&result.key).into());
                }
            }
            prompt::start_as(call, as_prompt(run, prompt, supersede), AckAction::Run).await
        }
    }
}

/// Gives the decisions one after the other, those about all calls that the thread waits for. The response is that to the last
/// one.
async fn decide_all(
    call: &Call<'_>,
    key: &ThreadKey,
    pending: Option<&Pending>,
    run: Run,
) -> Result<Ack, Failure> {
    check_run_id(call, key, run.run_id.as_ref(), pending).await?;
    if let Some(pending) = pending {
        let decided = run.approvals.iter();
        let decided: Vec<_> = decided
            .filter_map(|approval| approval.interrupt_id.call_id())
            .collect();
        let covers = |call_id: &CallId| decided.contains(call_id);
        let distinct: BTreeSet<_> = decided.iter().collect();
        if distinct.len() < run.approvals.len() {
            return Err(invalid("`resume` must name each interrupt once, by its id.").into());
        }
        if !pending.calls.keys().all(covers) {
            return Err(answers_pending(MISSING_DECISIONS).into());
        }
        for approval in &run.approvals {
            approval::check(call, pending, approval)?;
        }
    }
    let decision = |approval: Approval| {
        let (run_id, state) = (run.run_id.clone(), run.state.clone());
        approval::decide(call, approval, pending, run_id, state)
    };
    let decisions: Result<Vec<_>, _> = run.approvals.into_iter().map(decision).collect();
    let mut decisions = decisions?;
    // Those that may be refused come first: the last decision that the thread waits for starts the run that follows.
    let open = |call_id: &CallId| pending.is_some_and(|wait| wait.calls.contains_key(call_id));
    decisions.sort_by_key(|decision| open(&decision.call_id));
    let mut last = None;
    for decision in decisions {
        last = Some(tool_result::give(call, decision, AckAction::Run).await?);
    }
    // `approvals` is not empty, so there is a last one.
    last.ok_or_else(|| answers_pending(MISSING_DECISIONS).into())
}

/// Refuses an id that another run of the thread has, for the run that follows the answers that the thread waits for.
async fn check_run_id(
    call: &Call<'_>,
    key: &ThreadKey,
    run_id: Option<&RunId>,
    pending: Option<&Pending>,
) -> Result<(), Failure> {
    let Some(run_id) = run_id else {
        return Ok(());
    };
    if call.deps.threads.run_row(key, run_id).await?.is_none() {
        return Ok(());
    }
    // An interrupted request may have recorded the run that follows.
    let input = call.deps.threads.input(key, run_id).await?;
    let after = input.and_then(|input| input.after);
    let follows = match pending {
        Some(pending) => after.as_ref() == Some(&pending.run_id),
        None => after.is_some(),
    };
    if follows {
        return Ok(());
    }
    Err(invalid("`runId` names another run of this thread.").into())
}

/// Gives the results one after the other. The response is that to the last one.
async fn give_all(call: &Call<'_>, run: Run) -> Result<Ack, Failure> {
    let mut last = None;
    for result in &run.results {
        let result = new_result(call, &run, result);
        last = Some(tool_result::give(call, result, AckAction::Run).await?);
    }
    // A request without a result is not parsed.
    last.ok_or_else(|| answers_pending(MISSING_RESULTS).into())
}

/// Results of the calls that the thread waits for, in their order. Every call needs one.
fn covering(pending: &Pending, results: &[RunResult]) -> Result<Vec<RunResult>, ErrorResponse> {
    let result = |call_id: CallId| {
        let mut results = results.iter();
        results.find(|result| result.call_id == call_id).cloned()
    };
    if pending.approvals.is_some() {
        return Err(answers_pending(MISSING_DECISIONS));
    }
    let all: Option<Vec<_>> = pending.call_ids().into_iter().map(result).collect();
    all.ok_or_else(|| answers_pending(MISSING_RESULTS))
}

fn answers_pending(message: &str) -> ErrorResponse {
    ErrorResponse::new(Code::AnswersPending, message)
}

fn new_result(call: &Call<'_>, run: &Run, result: &RunResult) -> NewResult {
    let result = ToolResult {
        thread_id: run.thread_id.clone(),
        call_id: result.call_id.clone(),
        message_id: Some(result.message_id.clone()),
        outcome: result.outcome,
        content: result.content.clone(),
        part: 1,
        of: 1,
    };
    NewResult {
        next_run_id: run.run_id.clone(),
        state: run.state.clone(),
        ..tool_result::new_result(call, result)
    }
}

fn as_prompt(run: Run, prompt: RunPrompt, supersede: bool) -> Prompt {
    Prompt {
        thread_id: run.thread_id,
        run_id: run.run_id,
        message_id: Some(prompt.message_id),
        prompt: prompt.text,
        context: run.context,
        tools: run.tools,
        state: run.state,
        supersede,
        options: run.options,
    }
}
