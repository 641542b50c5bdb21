//! `hello`: asks for the identity and the limits of the connection.

use std::time::Duration;

use longwire_core::ids::{ConnectionId, DeviceId, ThreadId, UserId};
use longwire_core::limits::UserLimits;
use longwire_core::shape::Format;
use serde::Serialize;

use crate::event::PROTOCOL_VERSION;
use crate::frame::{MAX_FRAME_BYTES, MAX_REQUEST_BYTES};
use crate::request::fields::Fields;
use crate::request::text::MAX_PROMPT_BYTES;
use crate::response::error::{Code, ErrorResponse, invalid};

/// Version of the wire protocol, the `1` of `longwire.v1`.
const VERSION: u32 = 1;

/// Major version of AG-UI that this server supports.
const AG_UI_MAJOR: &str = "1";

/// Longest id of a device, in characters.
const MAX_DEVICE_CHARS: usize = 64;

/// Request for the identity and the limits of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Device of the client, which has seen its own part of the events that are kept for the user.
    pub device: Option<DeviceId>,
}

impl Hello {
    /// Parses the fields of the request. A client of another major version of AG-UI is refused; one that names no
    /// version is accepted. The name of the client has no effect yet.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        fields.text("client")?;
        let device = fields.id("deviceId", DeviceId::parse)?;
        if device
            .as_ref()
            .is_some_and(|device| device.as_str().len() > MAX_DEVICE_CHARS)
        {
            let message = format!("`deviceId` must have at most {MAX_DEVICE_CHARS} characters.");
            return Err(invalid(message));
        }
        let version = fields.text("protocolVersion")?.unwrap_or(AG_UI_MAJOR);
        match version.split('.').next() {
            Some(AG_UI_MAJOR) => Ok(Self { device }),
            _ => Err(ErrorResponse::new(
                Code::UnsupportedVersion,
                format!("`protocolVersion` must be {AG_UI_MAJOR}.x."),
            )),
        }
    }
}

/// Response to `hello`: identity of the connection, limits and features of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "ready", rename_all = "camelCase")]
pub struct Ready {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Version of the wire protocol.
    pub v: u32,
    /// Version of AG-UI.
    pub protocol_version: &'static str,
    /// Id of the connection.
    pub connection_id: ConnectionId,
    /// User that the connection was authorised as.
    pub user: UserId,
    /// Thread of requests that name none.
    pub thread_id: ThreadId,
    /// Limits of the server and the user.
    pub limits: Limits,
    /// Features that not every server has.
    pub features: Vec<&'static str>,
    /// Formats of events.
    pub formats: [Format; 6],
}

impl Ready {
    /// Makes the response for a connection with these features ([`features`](crate::request::features)).
    pub fn new(
        id: Option<String>,
        connection_id: ConnectionId,
        user: UserId,
        thread_id: ThreadId,
        features: Vec<&'static str>,
        limits: Limits,
    ) -> Self {
        Self {
            id,
            v: VERSION,
            protocol_version: PROTOCOL_VERSION,
            connection_id,
            user,
            thread_id,
            limits,
            features,
            formats: Format::ALL,
        }
    }
}

/// Limits of the server and the user. API Gateway sets the two that concern time ("Quotas for WebSocket APIs").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Largest frame from the client, in bytes.
    pub max_in: usize,
    /// Largest frame to the client, in bytes.
    pub max_out: usize,
    /// Longest prompt, in bytes.
    pub max_prompt: usize,
    /// Longest time without a frame, in seconds.
    pub idle_sec: u32,
    /// Longest life of a connection, in seconds.
    pub max_connection_sec: u32,
    /// Time after the end of a run during which its events can be resumed, in seconds.
    pub replay_sec: u64,
    /// Limits of the user; absent where users are not told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserLimits>,
}

impl Limits {
    /// Limits of a server that replays the events of a run until `replay` after its end.
    pub fn new(replay: Duration, user: Option<UserLimits>) -> Self {
        Self {
            max_in: MAX_REQUEST_BYTES,
            max_out: MAX_FRAME_BYTES,
            max_prompt: MAX_PROMPT_BYTES,
            idle_sec: 600,
            max_connection_sec: 7200,
            replay_sec: replay.as_secs(),
            user,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let user = UserLimits {
            threads: Some(3),
            tokens_per_day: Some(1_000),
            ..UserLimits::default()
        };
        let ready = Ready::new(
            Some("1".to_owned()),
            ConnectionId::trusted("Abc="),
            UserId::trusted("u_7"),
            ThreadId::trusted("t1"),
            vec!["history", "resume"],
            Limits::new(Duration::from_secs(3600), Some(user)),
        );
        assert_eq!(
            json(&ready),
            r#"{"type":"ready","id":"1","v":1,"protocolVersion":"1.0","connectionId":"Abc=","user":"u_7","threadId":"t1","limits":{"maxIn":32768,"maxOut":28672,"maxPrompt":24576,"idleSec":600,"maxConnectionSec":7200,"replaySec":3600,"user":{"threads":3,"tokensPerDay":1000}},"features":["history","resume"],"formats":["agui","blocks","typed","simple","bedrock","text"]}"#
        );
    }
}
