//! Request of a service: an event, and the connections for which it is.

use std::borrow::Cow;

use longwire_core::cloud_event::{CloudEvent, MAX_KEEP};
use longwire_core::ids::{ConnectionId, MAX_CHARS, Owner, RoomName, ThreadId, UserId};
use longwire_core::options::Notify;
use longwire_core::room_job::Members;
use longwire_protocol::request::options::notify;
use longwire_protocol::request::text::{MAX_PROMPT_BYTES, check_text};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bad_request::BadRequest;

/// Time for which an event is kept when the request does not say, in seconds: a day.
const KEEP: u64 = 24 * 3600;

/// Connections for which an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// All connections of a user.
    User(UserId),
    /// Connections of a user whose thread is this one.
    Thread {
        /// User.
        user: UserId,
        /// Thread of the user.
        thread: ThreadId,
    },
    /// One connection.
    Connection(ConnectionId),
    /// Members of a room.
    Room(Members),
}

/// Request of a service.
#[derive(Debug)]
pub(crate) struct Request {
    /// Connections for which the event is.
    pub target: Target,
    /// The event.
    pub event: CloudEvent,
    /// Set for an event that is kept.
    pub durable: Option<Durable>,
    /// Set for an event that starts a run.
    pub prompt: Option<Prompt>,
}

/// Run that an event starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// User who pays for the run.
    pub user: UserId,
    /// Thread of the run; `None` leaves the choice to the function.
    pub thread: Option<ThreadId>,
    /// Text of the user message.
    pub text: String,
    /// Event on the bus when the run has ended.
    pub notify: Notify,
}

/// Event that is kept for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Durable {
    /// User for whom it is kept.
    pub user: UserId,
    /// Time for which it is kept, in seconds.
    pub keep: u64,
    /// Key by which it replaces an earlier event.
    pub collapse_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body<'j> {
    #[serde(borrow)]
    target: TargetFields<'j>,
    #[serde(borrow)]
    event: &'j RawValue,
    #[serde(default)]
    durable: bool,
    ttl_seconds: Option<u64>,
    collapse_key: Option<String>,
    #[serde(borrow)]
    prompt: Option<Cow<'j, str>>,
    #[serde(default, deserialize_with = "notify")]
    notify: Notify,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetFields<'j> {
    #[serde(borrow)]
    user_id: Option<Cow<'j, str>>,
    #[serde(borrow)]
    thread_id: Option<Cow<'j, str>>,
    #[serde(borrow)]
    connection_id: Option<Cow<'j, str>>,
    #[serde(borrow)]
    room: Option<Cow<'j, str>>,
}

/// Part by which a bare CloudEvent is recognised.
#[derive(Deserialize)]
struct Bare {
    specversion: Option<Value>,
}

impl Request {
    /// Reads a request: an object with `target` and `event`, or a bare CloudEvent with the extension attributes `lwuser`,
    /// `lwthread`, `lwroom` and `lwdurable`.
    pub(crate) fn read(json: &RawValue) -> Result<Self, BadRequest> {
        let bare: Bare = serde_json::from_str(json.get())?;
        if bare.specversion.is_some() {
            return Self::of_event(CloudEvent::parse(json)?);
        }
        let body: Body<'_> = serde_json::from_str(json.get())?;
        let user = body.target.user_id.clone();
        let target = body.target.target()?;
        let event = CloudEvent::parse(body.event)?;
        let prompt = match body.prompt {
            Some(_) if hops(&event) > 0 => return Err(BadRequest::PromptHop),
            Some(text) => Some(Prompt::new(&target, &text, body.notify)?),
            None if body.notify.is_none() => None,
            None => return Err(BadRequest::NotPrompted),
        };
        let durable = match (body.durable, body.ttl_seconds, body.collapse_key) {
            (true, keep, collapse_key) => Some(Durable::new(user, keep, collapse_key)?),
            (false, None, None) => None,
            (false, _, _) => return Err(BadRequest::NotDurable),
        };
        Ok(Self {
            target,
            event,
            durable,
            prompt,
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
            room: text("lwroom"),
        };
        let user = fields.user_id.clone();
        let target = fields.target()?;
        let durable = match event.extension("lwdurable") {
            Some(Value::Bool(true)) => Some(Durable::new(user, None, None)?),
            Some(Value::Bool(false)) | None => None,
            Some(_) => return Err(BadRequest::DurableFlag),
        };
        Ok(Self {
            target,
            event,
            durable,
            prompt: None,
        })
    }
}

impl Prompt {
    fn new(target: &Target, text: &str, notify: Notify) -> Result<Self, BadRequest> {
        let text =
            check_text("prompt", text, MAX_PROMPT_BYTES).map_err(|_| BadRequest::PromptText)?;
        let (user, thread) = match target {
            Target::User(user) => (user.clone(), None),
            Target::Thread { user, thread } => (user.clone(), Some(thread.clone())),
            Target::Connection(_) | Target::Room(_) => return Err(BadRequest::PromptTarget),
        };
        Ok(Self {
            user,
            thread,
            text,
            notify,
        })
    }
}

/// Number of runs, one after the other, that events had started before this event. An attribute that is no number counts as
/// one.
fn hops(event: &CloudEvent) -> i64 {
    let hops = event.extension("lwhop");
    hops.map_or(0, |hops| hops.as_i64().unwrap_or(1))
}

impl Durable {
    fn new(
        user: Option<Cow<'_, str>>,
        keep: Option<u64>,
        collapse_key: Option<String>,
    ) -> Result<Self, BadRequest> {
        let user = user.ok_or(BadRequest::DurableTarget)?;
        let keep = keep.unwrap_or(KEEP);
        if !(1..=MAX_KEEP).contains(&keep) {
            return Err(BadRequest::Keep);
        }
        let legal = |key: &String| (1..=MAX_CHARS).contains(&key.chars().count());
        if !collapse_key.iter().all(legal) {
            return Err(BadRequest::CollapseKey);
        }
        Ok(Self {
            user: parse_user(&user)?,
            keep,
            collapse_key,
        })
    }
}

impl TargetFields<'_> {
    fn target(self) -> Result<Target, BadRequest> {
        let Self {
            user_id,
            thread_id,
            connection_id,
            room,
        } = self;
        match (user_id, thread_id, connection_id, room) {
            (Some(user), None, None, None) => Ok(Target::User(parse_user(&user)?)),
            (Some(user), Some(thread), None, None) => Ok(Target::Thread {
                user: parse_user(&user)?,
                thread: ThreadId::parse(&thread).map_err(|_| BadRequest::Thread)?,
            }),
            (None, None, Some(connection), None) if is_connection(&connection) => {
                Ok(Target::Connection(ConnectionId::trusted(connection)))
            }
            (None, None, None, Some(room)) => {
                let room = RoomName::parse(&room).map_err(|_| BadRequest::Room)?;
                Ok(Target::Room(Members::all(room)))
            }
            _ => Err(BadRequest::Target),
        }
    }
}

/// Tells whether a text may be the id of a connection. Others could name an item of the table that is no connection.
fn is_connection(id: &str) -> bool {
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"_=-".contains(&c);
    (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(legal)
}

/// Parses the id of a user, as `ready` shows it: `@none`, `@token`, or a percent-encoded subject.
fn parse_user(user: &str) -> Result<UserId, BadRequest> {
    let user = UserId::trusted(user);
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"._:-%".contains(&c);
    let text = user.as_str();
    let valid = (1..=MAX_CHARS).contains(&text.len()) && text.bytes().all(legal);
    // `anonymous` owns the threads of `@none`, and is no user.
    let valid = valid && *user.as_str() != *Owner::anonymous().as_str();
    if valid || user == UserId::none() || user == UserId::token() {
        Ok(user)
    } else {
        Err(BadRequest::User)
    }
}
