//! Request of a service: an event, and the connections for which it is.

use longwire_core::cloud_event::{BadEvent, CloudEvent};
use longwire_core::ids::{ConnectionId, MAX_CHARS, ThreadId, UserId};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response::push::TooLong;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Request that is refused. A repetition is refused, too.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    /// Field that is missing, unknown or of another type.
    #[error("the request cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
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
    #[error("`target` must be a `userId`, a `userId` with a `threadId`, or a `connectionId`")]
    Target,
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
}

/// Connections for which an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// All connections of a user.
    User(UserId),
    /// Connections whose thread is this one.
    Thread(ThreadKey),
    /// One connection.
    Connection(ConnectionId),
}

/// Request of a service.
#[derive(Debug)]
pub(crate) struct Request {
    /// Connections for which the event is.
    pub target: Target,
    /// The event.
    pub event: CloudEvent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'j> {
    #[serde(borrow)]
    target: TargetFields<'j>,
    #[serde(borrow)]
    event: &'j RawValue,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetFields<'j> {
    #[serde(borrow)]
    user_id: Option<std::borrow::Cow<'j, str>>,
    #[serde(borrow)]
    thread_id: Option<std::borrow::Cow<'j, str>>,
    #[serde(borrow)]
    connection_id: Option<std::borrow::Cow<'j, str>>,
}

/// Part by which a bare CloudEvent is recognised.
#[derive(Deserialize)]
struct Bare {
    specversion: Option<Value>,
}

impl Request {
    /// Reads a request: an object with `target` and `event`, or a bare CloudEvent with the extension attributes `lwuser` and
    /// `lwthread`.
    pub(crate) fn read(json: &RawValue) -> Result<Self, BadRequest> {
        let bare: Bare = serde_json::from_str(json.get())?;
        if bare.specversion.is_some() {
            return Self::of_event(CloudEvent::parse(json)?);
        }
        let body: Body<'_> = serde_json::from_str(json.get())?;
        Ok(Self {
            target: body.target.target()?,
            event: CloudEvent::parse(body.event)?,
        })
    }

    fn of_event(event: CloudEvent) -> Result<Self, BadRequest> {
        let text = |name| {
            event
                .extension(name)
                .and_then(Value::as_str)
                .map(Into::into)
        };
        let fields = TargetFields {
            user_id: text("lwuser"),
            thread_id: text("lwthread"),
            connection_id: None,
        };
        let target = fields.target()?;
        Ok(Self { target, event })
    }
}

impl TargetFields<'_> {
    fn target(self) -> Result<Target, BadRequest> {
        match (self.user_id, self.thread_id, self.connection_id) {
            (Some(user), None, None) => Ok(Target::User(parse_user(&user)?)),
            (Some(user), Some(thread), None) => Ok(Target::Thread(ThreadKey {
                owner: parse_user(&user)?.owner(),
                thread_id: ThreadId::parse(&thread).map_err(|_| BadRequest::Thread)?,
            })),
            (None, None, Some(connection)) if !connection.is_empty() => {
                Ok(Target::Connection(ConnectionId::trusted(connection)))
            }
            _ => Err(BadRequest::Target),
        }
    }
}

/// Parses the id of a user, as `ready` shows it: `@none`, `@token`, or a percent-encoded subject.
fn parse_user(user: &str) -> Result<UserId, BadRequest> {
    let user = UserId::trusted(user);
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"._:-%".contains(&c);
    let text = user.as_str();
    let valid = (1..=MAX_CHARS).contains(&text.len()) && text.bytes().all(legal);
    if valid || user.is_shared() {
        Ok(user)
    } else {
        Err(BadRequest::User)
    }
}
