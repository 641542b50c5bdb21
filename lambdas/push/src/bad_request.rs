//! Requests that are refused.

use std::fmt::Display;

use longwire_core::cloud_event::{BadEvent, MAX_KEEP};
use longwire_core::ids::MAX_CHARS;
use longwire_protocol::request::text::MAX_PROMPT_BYTES;
use longwire_protocol::response::push::TooLong;

/// Part of a parser's error that a refusal repeats, in characters. The error may contain parts of the request, and is logged.
const MAX_REASON: usize = 200;

/// Request that is refused. A repetition is refused, too.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    /// Field that is missing, unknown or of another type.
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    /// Records of another service, or several records of SNS.
    #[error("`Records` must be messages of SQS, or one message of SNS")]
    Records,
    /// Envelopes within envelopes.
    #[error("the request is in too many envelopes")]
    Envelopes,
    /// Event that is no CloudEvent.
    #[error("`event`: {0}")]
    Event(#[from] BadEvent),
    /// Event that does not fit into a frame.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Target that names nobody, or several.
    #[error(
        "`target` must be a `userId`, a `userId` with a `threadId`, a `connectionId`, or a `room`"
    )]
    Target,
    /// Event that is kept for no user.
    #[error("`durable` needs a `target` with a `userId`")]
    DurableTarget,
    /// Extension attribute of another type.
    #[error("`lwdurable` must be true or false")]
    DurableFlag,
    /// Field of an event that is kept, without `durable`.
    #[error("`ttlSeconds` and `collapseKey` need `\"durable\": true`")]
    NotDurable,
    /// Run for no user.
    #[error("`prompt` needs a `target` with a `userId`")]
    PromptTarget,
    /// Prompt that no user could send, either.
    #[error("`prompt` must be 1 to {MAX_PROMPT_BYTES} bytes, and not blank")]
    PromptText,
    /// Event about a run that does not begin.
    #[error("`notify` needs a `prompt`")]
    NotPrompted,
    /// Prompt of an event that a run has caused which an event had started.
    #[error(
        "`prompt` is not possible for an event with `lwhop` above 0: it would let runs start each other"
    )]
    PromptHop,
    /// Time for which no event is kept.
    #[error("`ttlSeconds` must be 1 to {MAX_KEEP}")]
    Keep,
    /// Key that is too long.
    #[error("`collapseKey` must be 1 to {MAX_CHARS} characters")]
    CollapseKey,
    /// User id that no user can have.
    #[error(
        "`userId` must be 1 to {MAX_CHARS} characters of letters, digits, '.', '_', ':', '-' and '%', as `ready` \
         shows it"
    )]
    User,
    /// Thread id that no thread can have.
    #[error(
        "`threadId` must be 1 to {MAX_CHARS} characters of letters, digits, '.', '_', ':' or '-'"
    )]
    Thread,
    /// Name that no room can have.
    #[error("`room` must be 1 to {MAX_CHARS} characters of letters, digits, '.', '_', ':' or '-'")]
    Room,
}

impl BadRequest {
    /// Error of a job that is not readable.
    pub(crate) fn unreadable(error: &impl Display) -> Self {
        let reason = error.to_string();
        Self::Unreadable(reason.chars().take(MAX_REASON).collect())
    }
}

impl From<serde_json::Error> for BadRequest {
    fn from(error: serde_json::Error) -> Self {
        Self::unreadable(&error)
    }
}
