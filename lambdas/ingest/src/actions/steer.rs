//! `steer`: sends a text to an unfinished run.

use longwire_core::ids::MessageId;
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::request::options::Options;
use longwire_protocol::request::prompt::Prompt;
use longwire_protocol::request::steer::Steer;
use longwire_protocol::response::ack::{Ack, AckAction, AckStatus};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::threads::steer::{MAX_WAITING, NewText, SteerOutcome, prompt_run};
use serde_json::Map;

use crate::actions::prompt;
use crate::call::Call;
use crate::failure::{Failure, RETRY_AFTER, rate_limited};

/// Leaves the text for the worker of the run. When the run has ended, the text is a prompt on its thread.
pub(crate) async fn answer(call: &Call<'_>, steer: Steer) -> Result<Ack, Failure> {
    let key = call.key(steer.thread_id.clone());
    let message_id = steer.message_id.clone();
    let message_id = message_id.unwrap_or_else(MessageId::random);
    let text = NewText {
        message_id: &message_id,
        reserves_id: steer.message_id.is_some(),
        text: &steer.text,
        now: call.now(),
    };
    let accepted = |duplicate| {
        let (id, key) = (call.id.clone(), key.clone());
        let (action, run_id) = (AckAction::Steer, steer.run_id.clone());
        Ack {
            message_id: Some(message_id.clone()),
            duplicate,
            ..Ack::new(id, action, key.thread_id, run_id, AckStatus::Accepted)
        }
    };
    let refused = |error: ErrorResponse| {
        Err(Failure::Refused(ErrorResponse {
            thread_id: Some(key.thread_id.clone()),
            ..error
        }))
    };
    match call.deps.threads.steer(&key, &steer.run_id, text).await? {
        SteerOutcome::Accepted(row, head) => {
            call.scheduler()
                .wake_active(&key, &steer.run_id, &row, head.as_ref(), call.now())
                .await;
            Ok(accepted(false))
        }
        SteerOutcome::Duplicate => Ok(accepted(true)),
        SteerOutcome::Ended => Box::pin(start(call, key, steer, message_id)).await,
        SteerOutcome::Full => refused(full()),
        SteerOutcome::MessageIdTaken => refused(ErrorResponse::new(
            Code::InvalidMessage,
            "`messageId` names another message of this thread.",
        )),
        SteerOutcome::Missing => Err(Failure::no_run(&key, Some(steer.run_id))),
    }
}

/// Starts the run of a text that came after the end of its run.
async fn start(
    call: &Call<'_>,
    key: ThreadKey,
    steer: Steer,
    message_id: MessageId,
) -> Result<Ack, Failure> {
    let prompt = Prompt {
        thread_id: Some(key.thread_id),
        run_id: Some(prompt_run(&steer.run_id, &message_id)),
        message_id: steer.message_id,
        prompt: steer.text,
        context: Vec::new(),
        tools: Vec::new(),
        state: Map::new(),
        supersede: false,
        options: Options::default(),
    };
    let ack = prompt::answer(call, prompt).await?;
    Ok(Ack {
        action: AckAction::Steer,
        message_id: ack.message_id.or(Some(message_id)),
        ..ack
    })
}

fn full() -> ErrorResponse {
    let message = format!("{MAX_WAITING} texts wait for this run already.");
    rate_limited(message, RETRY_AFTER)
}
