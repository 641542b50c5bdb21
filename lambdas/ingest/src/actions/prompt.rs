//! `prompt`: starts a run.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::origin::Origin;
use longwire_core::run::RunStatus;
use longwire_protocol::request::prompt::Prompt;
use longwire_protocol::response::ack::{Ack, AckAction, AckStatus};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_scheduler::start::Started;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::run_queue::MAX_RUNS;

use crate::active_threads;
use crate::call::Call;
use crate::failure::Failure;
use crate::schemas;

/// Records and queues the run. An error response names the thread, which the client may not have chosen.
pub(crate) async fn answer(call: &Call<'_>, prompt: Prompt) -> Result<Ack, Failure> {
    start_as(call, prompt, AckAction::Prompt).await
}

/// Does the same for a request whose response names this action.
pub(super) async fn start_as(
    call: &Call<'_>,
    prompt: Prompt,
    action: AckAction,
) -> Result<Ack, Failure> {
    let run = new_run(call, prompt);
    let started = async {
        within_budget(call, &run).await?;
        schemas::check_tools(&run.tools)?;
        start(call, &run, action).await
    };
    started.await.map_err(|failure| {
        Failure::Refused(ErrorResponse {
            thread_id: Some(run.key.thread_id.clone()),
            ..failure.into_response()
        })
    })
}

fn new_run(call: &Call<'_>, prompt: Prompt) -> NewRun {
    let settings = &call.deps.settings;
    NewRun {
        key: call.key(prompt.thread_id),
        run_id: prompt.run_id.unwrap_or_else(RunId::random),
        reserves_id: prompt.message_id.is_some(),
        message_id: prompt.message_id.unwrap_or_else(MessageId::random),
        prompt: prompt.prompt,
        context: prompt.context,
        after: None,
        tools: prompt.tools,
        state: prompt.state,
        supersede: prompt.supersede,
        event: None,
        origin: Origin::User,
        reasoning: prompt.options.reasoning,
        if_busy: prompt.options.if_busy,
        on_gone: prompt.options.on_gone.unwrap_or(settings.on_gone),
        notify: prompt.options.notify,
        payer: call.payer(),
        subscriber: Some(call.subscriber()),
        now: call.now(),
        recorded_at: call.millis,
        life: settings.life,
    }
}

async fn start(call: &Call<'_>, run: &NewRun, action: AckAction) -> Result<Ack, Failure> {
    let ack = |message_id: &MessageId, status, position: usize| Ack {
        message_id: Some(message_id.clone()),
        position: (position > 0).then_some(position),
        ..Ack::new(
            call.id.clone(),
            action,
            run.key.thread_id.clone(),
            run.run_id.clone(),
            AckStatus::of(status, position),
        )
    };
    let start = async { Ok(call.deps.scheduler.start(run).await?) };
    match active_threads::within_limits(call, run, start).await? {
        Started::Accepted { position } => Ok(ack(&run.message_id, RunStatus::Queued, position)),
        Started::Duplicate {
            status,
            position,
            message_id,
        } => Ok(Ack {
            duplicate: true,
            ..ack(&message_id, status, position)
        }),
        Started::Busy => Err(busy(run.if_busy).into()),
        Started::MessageIdTaken => {
            let message = "`messageId` names another message of this thread.";
            Err(ErrorResponse::new(Code::InvalidMessage, message).into())
        }
        Started::Waits => Err(waits().into()),
        Started::Deleted => Err(Failure::no_thread(&run.key)),
    }
}

/// Refuses a prompt whose user has spent what a limit allows, unless its run exists: the client may not know that it was
/// accepted. The worker decides exactly, with a reservation; this check keeps the run from being started for nothing.
async fn within_budget(call: &Call<'_>, run: &NewRun) -> Result<(), Failure> {
    let limits = run.payer.as_ref().map(|payer| &payer.limits);
    let text = limits.and_then(|limits| {
        let spending = call.spending.as_ref()?;
        let exhausted = spending.exhausted(limits, call.now())?;
        Some(exhausted.text(limits))
    });
    let Some(text) = text else {
        return Ok(());
    };
    match call.deps.threads.run_row(&run.key, &run.run_id).await? {
        Some(_) => Ok(()),
        None => Err(ErrorResponse::new(Code::QuotaExceeded, text).into()),
    }
}

fn waits() -> ErrorResponse {
    let message = "This thread waits for results of its client's tools, or for approvals. Send them, `cancel`, or set `supersede`.";
    ErrorResponse::new(Code::AnswersPending, message)
}

fn busy(if_busy: IfBusy) -> ErrorResponse {
    let message = match if_busy {
        IfBusy::Queue | IfBusy::Interrupt => {
            format!(
                "`threadId` names a thread with {MAX_RUNS} unfinished runs, and it takes no more."
            )
        }
        IfBusy::Reject => "A run is active on this thread.".to_owned(),
    };
    ErrorResponse::new(Code::ThreadBusy, message)
}
