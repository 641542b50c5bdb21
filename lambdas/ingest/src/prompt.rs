//! `prompt`: starts a run.

use shared::aws::connections::Connection;
use shared::aws::threads::line::MAX_LINE;
use shared::aws::threads::start::{NewRun, Started};
use shared::ids::{MessageId, RunId};
use shared::run::Status;
use shared::wire::client::options::IfBusy;
use shared::wire::client::prompt::Prompt;
use shared::wire::control::Control;
use shared::wire::control::ack::{Ack, AckStatus, Action};
use shared::wire::control::error::{Code, ErrorFrame};
use shared::wire::shape::{Format, Lines, Shape};

use crate::answer::faulty;
use crate::handler::Call;
use crate::thread::key;

/// Starts the run and answers with `ack`.
pub(crate) async fn answer(
    call: &Call<'_>,
    id: Option<String>,
    connection: &Connection,
    format: Format,
    prompt: Prompt,
) -> Result<Control, ErrorFrame> {
    let run = new_run(call, connection, format, prompt);
    let of_thread = |error: ErrorFrame| ErrorFrame {
        thread_id: Some(run.key.thread_id.clone()),
        ..error
    };
    match call.deps.threads.start(&call.deps.queue, &run).await {
        Ok(Started::Accepted { position }) => {
            let message_id = run.message_id.clone();
            let ack = ack(id, &run, message_id, Status::Queued, position);
            Ok(Control::Ack(ack))
        }
        Ok(Started::Duplicate {
            status,
            position,
            message_id,
        }) => Ok(Control::Ack(Ack {
            duplicate: true,
            ..ack(id, &run, message_id, status, position)
        })),
        Ok(Started::Busy) => Err(of_thread(busy(run.if_busy))),
        Err(fault) => Err(of_thread(faulty(&fault))),
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
        watcher: connection.connection.clone(),
        shape: shape(connection, format),
        now: call.now(),
        keep: call.deps.settings.keep,
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
    status: Status,
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

fn busy(if_busy: IfBusy) -> ErrorFrame {
    let message = match if_busy {
        IfBusy::Queue | IfBusy::Interrupt => {
            format!(
                "`threadId` names a thread with {MAX_LINE} unfinished runs, and it takes no more."
            )
        }
        IfBusy::Reject => "A run is active on this thread.".to_owned(),
    };
    ErrorFrame::new(Code::ThreadBusy, message)
}
