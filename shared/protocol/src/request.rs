//! Requests of clients, parsed from the text of a frame (docs/protocol.md sections 3 and 6).
//!
//! Each action has a file with its request, a `parse` function, and its response unless several actions share that
//! one. The table `ACTIONS` lists them all. Unknown fields are ignored, `null` counts as absent, and the last of several
//! fields with the same name counts, as in `JSON.parse`.

mod fields;
mod legacy;
pub mod text;

pub mod auth;
pub mod hello;
pub mod ticket;

mod context;
pub mod options;
pub mod prompt;
pub mod run;
mod tools;

pub mod approval;
pub mod cancel;
pub mod history;
pub mod inbox;
pub mod join;
pub mod leave;
pub mod ping;
pub mod resume;
pub mod seen;
pub mod steer;
pub mod tool_result;
pub mod usage;

#[cfg(test)]
mod tests;

use longwire_core::ids::{RunId, ThreadId};
use longwire_core::shape::Format;
use serde_json::Value;

use crate::frame::MAX_REQUEST_BYTES;
use crate::request::approval::Approval;
use crate::request::auth::Auth;
use crate::request::cancel::Cancel;
use crate::request::fields::Fields;
use crate::request::hello::Hello;
use crate::request::history::History;
use crate::request::inbox::Inbox;
use crate::request::join::Join;
use crate::request::leave::Leave;
use crate::request::ping::Ping;
use crate::request::prompt::Prompt;
use crate::request::resume::Resume;
use crate::request::run::Run;
use crate::request::seen::Seen;
use crate::request::steer::Steer;
use crate::request::ticket::Ticket;
use crate::request::tool_result::ToolResult;
use crate::request::usage::Usage;
use crate::response::error::{Code, ErrorResponse, invalid, too_large};

/// Longest `id` of a request, in characters.
const MAX_ID_CHARS: usize = 64;

/// Part of an unknown action's name that a refusal repeats, in characters.
const MAX_REPEATED_CHARS: usize = 64;

/// Request of a client, one variant per action.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Asks for the identity and the limits of the connection.
    Hello(Hello),
    /// Renews the token of the connection.
    Auth(Auth),
    /// Asks for a ticket, with which another connection can be opened.
    Ticket(Ticket),
    /// Starts a run.
    Prompt(Prompt),
    /// Starts a run, or answers calls, as AG-UI's clients do.
    Run(Run),
    /// Answers a call of a client's tool.
    ToolResult(ToolResult),
    /// Decides about a call that needs approval.
    Approval(Approval),
    /// Sends a text to an unfinished run.
    Steer(Steer),
    /// Cancels a run.
    Cancel(Cancel),
    /// Subscribes to a run from a given event on.
    Resume(Resume),
    /// Reads messages of a thread.
    History(History),
    /// Reads the usage of the user.
    Usage(Usage),
    /// Reads the events that are kept for the user.
    Inbox(Inbox),
    /// Notes which of them the device has shown.
    Seen(Seen),
    /// Makes the connection a member of a room.
    Join(Join),
    /// Ends that.
    Leave(Leave),
    /// Tests the connection.
    Ping(Ping),
    /// Tests the connection in plain text, as stock WebSocket helpers do.
    Heartbeat,
}

/// Action of the protocol.
struct Action {
    /// Name in the field `action`.
    name: &'static str,
    /// Lists the name in the features of `ready`.
    feature: bool,
    /// Parser of the action's fields.
    parse: Parser,
}

type Parser = fn(&Fields<'_>) -> Result<Request, ErrorResponse>;

/// Action that only a server with tokens has.
const AUTH: &str = "auth";

/// Action that belongs to `inbox`.
const SEEN: &str = "seen";

/// Action that only users have who are told apart.
const USAGE: &str = "usage";

/// Feature of the actions `join` and `leave`, in a deployment that has rooms.
const ROOMS: &str = "rooms";

/// Features that are no actions: fields of `prompt`, frames that the server sends without a request, and a name for several
/// actions.
const OTHERS: &[&str] = &["notify", "push", "tools", ROOMS];

/// All actions, in the order in which a refusal lists them.
const ACTIONS: &[Action] = &[
    Action::basic("hello", |f| Ok(Request::Hello(Hello::parse(f)?))),
    Action::feature(AUTH, |f| Ok(Request::Auth(Auth::parse(f)?))),
    Action::feature("ticket", |_| Ok(Request::Ticket(Ticket))),
    Action::basic("prompt", |f| Ok(Request::Prompt(Prompt::parse(f)?))),
    Action::feature("run", |f| Ok(Request::Run(Run::parse(f)?))),
    Action::basic("tool_result", |f| {
        Ok(Request::ToolResult(ToolResult::parse(f)?))
    }),
    Action::feature("approval", |f| Ok(Request::Approval(Approval::parse(f)?))),
    Action::feature("steer", |f| Ok(Request::Steer(Steer::parse(f)?))),
    Action::basic("cancel", |f| Ok(Request::Cancel(Cancel::parse(f)?))),
    Action::feature("resume", |f| Ok(Request::Resume(Resume::parse(f)?))),
    Action::feature("history", |f| Ok(Request::History(History::parse(f)?))),
    Action::feature(USAGE, |f| Ok(Request::Usage(Usage::parse(f)?))),
    Action::feature("inbox", |f| Ok(Request::Inbox(Inbox::parse(f)?))),
    Action::basic(SEEN, |f| Ok(Request::Seen(Seen::parse(f)?))),
    Action::basic("join", |f| Ok(Request::Join(Join::parse(f)?))),
    Action::basic("leave", |f| Ok(Request::Leave(Leave::parse(f)?))),
    Action::basic("ping", |f| Ok(Request::Ping(Ping::parse(f)?))),
];

impl Action {
    /// Makes an action that every server has, because it is part of each version of the protocol.
    const fn basic(name: &'static str, parse: Parser) -> Self {
        Self {
            name,
            feature: false,
            parse,
        }
    }

    /// Makes an action that is listed in the features of `ready`: servers may lack it, so clients must detect it.
    const fn feature(name: &'static str, parse: Parser) -> Self {
        Self {
            name,
            feature: true,
            parse,
        }
    }

    fn named(name: &str) -> Result<&'static Self, ErrorResponse> {
        let action = ACTIONS.iter().find(|action| action.name == name);
        action.ok_or_else(|| unknown_action(name))
    }
}

/// Request with the fields that every action has.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Id for the response, at most 64 characters.
    pub id: Option<String>,
    /// Format of the response and of the run's events, in place of the connection's own.
    pub format: Option<Format>,
    /// Request itself.
    pub request: Request,
}

/// Refusal of a request that cannot be parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Error response, with those ids of the request that are legal.
    pub error: ErrorResponse,
    /// Format that the request asks for, if it names a known one.
    pub format: Option<Format>,
}

/// Parses the text of a frame. Text that does not begin like JSON is a heartbeat or a prompt.
pub fn parse(body: &str) -> Result<Envelope, Refusal> {
    // Some editors and languages put a byte-order mark before their JSON.
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if legacy::is_plain_text(body) {
        return Envelope::plain(body).map_err(Refusal::from);
    }
    let json = serde_json::from_str(body);
    let fields = Fields::new(json.as_ref().unwrap_or(&Value::Null));
    let envelope = match &json {
        _ if body.len() > MAX_REQUEST_BYTES => Err(too_large("The message", MAX_REQUEST_BYTES)),
        Ok(Value::Object(_)) => Envelope::parse(&fields),
        Ok(_) => Err(invalid("The message must be a JSON object, or plain text.")),
        Err(error) => Err(not_json(error)),
    };
    envelope.map_err(|error| Refusal::new(&fields, error))
}

impl Envelope {
    fn plain(text: &str) -> Result<Self, ErrorResponse> {
        let request = match ping::is_heartbeat(text) {
            true => Request::Heartbeat,
            false => Request::Prompt(Prompt::from_text(text)?),
        };
        Ok(Self {
            id: None,
            format: None,
            request,
        })
    }

    fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        for field in ["id", "action", "format", "response"] {
            fields.text(field)?;
        }
        let id = fields.text("id")?;
        if id.is_some_and(|id| id.chars().count() > MAX_ID_CHARS) {
            let message = format!("`id` must have at most {MAX_ID_CHARS} characters.");
            return Err(invalid(message));
        }
        let action = Action::named(legacy::action(fields)?)?;
        Ok(Self {
            id: id.map(str::to_owned),
            request: (action.parse)(fields)?,
            format: legacy::format(fields)?,
        })
    }
}

impl Refusal {
    fn new(fields: &Fields<'_>, error: ErrorResponse) -> Self {
        let text = |field| fields.text(field).ok().flatten();
        let id = text("id").filter(|id| id.chars().count() <= MAX_ID_CHARS);
        let thread_id = legacy::THREAD_ID.into_iter().find_map(text);
        Self {
            error: ErrorResponse {
                id: id.map(str::to_owned),
                thread_id: thread_id.and_then(|id| ThreadId::parse(id).ok()),
                run_id: text("runId").and_then(|id| RunId::parse(id).ok()),
                ..error
            },
            format: legacy::format(fields).unwrap_or_default(),
        }
    }
}

impl From<ErrorResponse> for Refusal {
    fn from(error: ErrorResponse) -> Self {
        Self {
            error,
            format: None,
        }
    }
}

/// Features that a server offers to a connection beyond the features that all connections have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Tokens that can be renewed.
    pub renewal: bool,
    /// Usage of the user.
    pub usage: bool,
    /// Rooms.
    pub rooms: bool,
}

/// Names of the features of this server for a connection, in alphabetical order.
pub fn features(offer: Offer) -> Vec<&'static str> {
    let offered = |name: &&str| match *name {
        AUTH => offer.renewal,
        USAGE => offer.usage,
        ROOMS => offer.rooms,
        _ => true,
    };
    let features = ACTIONS.iter().filter(|action| action.feature);
    let names = features.map(|action| action.name);
    let names = names.chain(OTHERS.iter().copied()).filter(offered);
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

fn not_json(error: &serde_json::Error) -> ErrorResponse {
    ErrorResponse::new(
        Code::InvalidJson,
        format!("The message is not JSON: {error}."),
    )
}

fn unknown_action(name: &str) -> ErrorResponse {
    let name: String = name.chars().take(MAX_REPEATED_CHARS).collect();
    ErrorResponse::new(
        Code::UnknownAction,
        format!(
            "There is no `action` {name:?} here; there are {}.",
            known_actions()
        ),
    )
}

/// Names of all actions: `a, b and c`.
fn known_actions() -> String {
    let names: Vec<_> = ACTIONS.iter().map(|action| action.name).collect();
    let (last, others) = names.split_last().expect("there are actions");
    format!("{} and {last}", others.join(", "))
}
