//! `prompt`: starts a run.

use longwire_core::ids::{MessageId, RunId};
use longwire_core::options::IfBusy;
use longwire_core::run::RunStatus;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::request::prompt::Prompt;
use longwire_protocol::response::Response;
use longwire_protocol::response::ack::{Ack, AckStatus, Action};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_scheduler::Started;
use longwire_store::connections::Connection;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::run_queue::MAX_RUNS;

use crate::answer::schedule_failed;
use crate::handler::Call;
use crate::thread::key;

/// Starts the run and answers with `ack`.
pub(crate) async fn answer(
    call: &Call<'_>,
    id: Option<String>,
    connection: &Connection,
    format: Format,
    prompt: Prompt,
) -> Result<Response, ErrorResponse> {
    let run = new_run(call, connection, format, prompt);
    let of_thread = |error: ErrorResponse| ErrorResponse {
        thread_id: Some(run.key.thread_id.clone()),
        ..error
    };
    match call.deps.scheduler.start(&run).await {
        Ok(Started::Accepted { position }) => {
            let message_id = run.message_id.clone();
            let ack = ack(id, &run, message_id, RunStatus::Queued, position);
            Ok(Response::Ack(ack))
        }
        Ok(Started::Duplicate {
            status,
            position,
            message_id,
        }) => Ok(Response::Ack(Ack {
            duplicate: true,
            ..ack(id, &run, message_id, status, position)
        })),
        Ok(Started::Busy) => Err(of_thread(busy(run.if_busy))),
        Err(fault) => Err(of_thread(schedule_failed(&fault))),
    }
}

fn new_run(call: &Call<'_>, connection: &Connection, format: Format, prompt: Prompt) -> NewRun {
    NewRun {
        key: key(connection, prompt.thread_id),
        run_id: prompt.run_id.unwrap_or_else(RunId::random),
        message_id: prompt.message_id.unwrap_or_else(MessageId::random),
        prompt: prompt.prompt,
        context: prompt.context,
        reasoning: prompt.options.reasoning,
        if_busy: prompt.options.if_busy,
        on_gone: prompt.options.on_gone.unwrap_or(call.deps.settings.on_gone),
        subscriber: connection.connection.clone(),
        shape: shape(connection, format),
        now: call.now(),
        thread_ttl: call.deps.settings.keep,
    }
}

/// A format other than the connection's own has one line to a frame, as all but `agui` have anyway.
pub(crate) fn shape(connection: &Connection, format: Format) -> Shape {
    let lines = if format == connection.format {
        connection.lines
    } else {
        Lines::One
    };
    Shape { format, lines }
}

fn ack(
    id: Option<String>,
    run: &NewRun,
    message_id: MessageId,
    status: RunStatus,
    position: usize,
) -> Ack {
    Ack {
        id,
        action: Action::Prompt,
        thread_id: run.key.thread_id.clone(),
        run_id: run.run_id.clone(),
        message_id: Some(message_id),
        status: AckStatus::of(status, position),
        position: (position > 0).then_some(position),
        duplicate: false,
    }
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
