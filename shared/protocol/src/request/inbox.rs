//! `inbox`: reads the events that are kept for the user.

use longwire_core::event_run::EventRun;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::frame::MAX_FRAME_BYTES;
use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, invalid};

/// Most events of a response.
const MAX_LIMIT: u64 = 100;

/// Number of events when the request does not say.
const DEFAULT_LIMIT: u64 = 50;

/// Most bytes of JSON for the events of a response; the rest of the frame is for the fields around them. The id has 64
/// characters, and a control character takes six bytes of JSON.
const MAX_EVENTS_JSON: usize = MAX_FRAME_BYTES - 600;

/// Bytes of JSON around an event: its number and the names of the fields.
const AROUND_EVENT: usize = 40;

/// Most bytes of JSON for the run that an event started: the ids of the thread and the run, and the names of the fields.
pub(crate) const AROUND_RUN: usize = 200;

/// Longest event that can be kept, in bytes: it must fit into a response by itself.
pub const MAX_KEPT_BYTES: usize = MAX_EVENTS_JSON - AROUND_EVENT - AROUND_RUN;

/// Request for the events after a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Number of the last event that the client has; 0 when it has none.
    pub after: u64,
    /// Most events of the response, 1–100.
    pub limit: u16,
}

impl Inbox {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let limit = fields.get("limit")?.unwrap_or(DEFAULT_LIMIT);
        let valid = (1..=MAX_LIMIT).contains(&limit);
        let limit = u16::try_from(limit).ok().filter(|_| valid);
        let limit = limit.ok_or_else(|| invalid(format!("`limit` must be 1 to {MAX_LIMIT}.")))?;
        let after = fields.get("after")?.unwrap_or(0);
        Ok(Self { after, limit })
    }
}

/// Response to `inbox`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "inbox", rename_all = "camelCase")]
pub struct InboxResponse {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Events, the oldest first.
    pub pushes: Vec<KeptPush>,
    /// Value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Number of events after `after` that were dropped because there were too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
}

/// Event that is kept.
#[derive(Debug, Serialize)]
pub struct KeptPush {
    /// Number in the inbox.
    pub seq: u64,
    /// Run that the event started.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub run: Option<EventRun>,
    /// The event.
    pub event: Box<RawValue>,
}

impl InboxResponse {
    /// Makes the response with as many of the events as fit into a frame. `next` is the value of `after` for the events that
    /// follow all of them.
    pub fn new(
        id: Option<String>,
        mut pushes: Vec<KeptPush>,
        next: Option<u64>,
        dropped: u64,
    ) -> Self {
        let mut room = MAX_EVENTS_JSON;
        let fitting = pushes.iter().take_while(|push| {
            let run = push.run.as_ref().map_or(0, |_| AROUND_RUN);
            let bytes = push.event.get().len() + AROUND_EVENT + run;
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        });
        let fitting = fitting.count();
        let next = if fitting < pushes.len() {
            pushes.truncate(fitting);
            pushes.last().map(|push| push.seq)
        } else {
            next
        };
        Self {
            id,
            pushes,
            next,
            dropped: (dropped > 0).then_some(dropped),
        }
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::{MAX_CHARS, ThreadId};

    use super::*;
    use crate::response::{json, render_expiring};

    fn push(seq: u64, bytes: usize) -> KeptPush {
        let event = format!(r#"{{"d":"{}"}}"#, "x".repeat(bytes.saturating_sub(8)));
        KeptPush {
            seq,
            run: None,
            event: RawValue::from_string(event).expect("JSON"),
        }
    }

    fn long_thread() -> ThreadId {
        ThreadId::trusted("t".repeat(MAX_CHARS))
    }

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let response = InboxResponse::new(Some("5".to_owned()), vec![push(13, 9)], Some(13), 2);
        let expected = r#"{"type":"inbox","id":"5","pushes":[{"seq":13,"event":{"d":"x"}}],"next":13,"dropped":2}"#;
        assert_eq!(json(&response), expected);
        let expiring = render_expiring(&response, longwire_core::shape::Format::Agui);
        assert!(
            expiring.ends_with(r#""dropped":2,"expiring":true}"#),
            "{expiring}"
        );
        let empty = InboxResponse::new(None, vec![], None, 0);
        assert_eq!(json(&empty), r#"{"type":"inbox","pushes":[]}"#);
    }

    #[test]
    fn a_response_fits_into_a_frame() {
        let id = "\u{1}".repeat(64);
        let longest = KeptPush {
            run: Some(EventRun::new("0123456789abcdef", Some(long_thread()))),
            ..push(u64::MAX, MAX_KEPT_BYTES)
        };
        let longest = InboxResponse::new(Some(id.clone()), vec![longest], Some(u64::MAX), u64::MAX);
        assert_eq!(longest.pushes.len(), 1);
        assert!(json(&longest).len() <= MAX_FRAME_BYTES);
        let pushes = (1..=100).map(|seq| push(seq, 1_000)).collect();
        let page = InboxResponse::new(Some(id), pushes, None, 0);
        assert!(json(&page).len() <= MAX_FRAME_BYTES);
        assert_eq!(page.next, Some(page.pushes.len() as u64));
        assert!(page.pushes.len() > 20);
    }
}
