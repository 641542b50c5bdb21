//! `ready`: what this server is and can do. It tells only what works.

use std::time::Duration;

use serde::Serialize;

use crate::event::PROTOCOL_VERSION;
use crate::frame::MAX_FRAME_BYTES;
use crate::request::{MAX_MESSAGE_BYTES, MAX_PROMPT_BYTES};
use longwire_core::ids::{ConnectionId, Owner, ThreadId};
use longwire_core::shape::Format;

/// The version of the wire protocol: `longwire.v1`.
pub const VERSION: u32 = 1;

/// What works beyond runs themselves.
const FEATURES: [&str; 2] = ["history", "resume"];

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// The message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The wire protocol's version.
    pub v: u32,
    /// The version of AG-UI.
    pub protocol_version: &'static str,
    /// The connection.
    pub connection_id: ConnectionId,
    /// Whom it was authorised as.
    pub user: Owner,
    /// Where messages go that name no thread.
    pub thread_id: ThreadId,
    /// What is too much.
    pub limits: Limits,
    /// What works beyond runs themselves.
    pub features: &'static [&'static str],
    /// The shapes of events that can be asked for.
    pub formats: [Format; 6],
}

impl Ready {
    /// What this server says of itself to this connection.
    pub fn new(
        id: Option<String>,
        connection: ConnectionId,
        user: Owner,
        thread: ThreadId,
        replay: Duration,
    ) -> Self {
        Self {
            id,
            v: VERSION,
            protocol_version: PROTOCOL_VERSION,
            connection_id: connection,
            user,
            thread_id: thread,
            limits: Limits::new(replay),
            features: &FEATURES,
            formats: Format::ALL,
        }
    }
}

/// What is too much. API Gateway sets the two times ("Quotas for WebSocket APIs").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The longest message from a client, in bytes.
    pub max_in: usize,
    /// The longest frame from the server, in bytes.
    pub max_out: usize,
    /// The longest prompt, in bytes.
    pub max_prompt: usize,
    /// The longest silence on a connection, in seconds.
    pub idle_sec: u32,
    /// The longest life of a connection, in seconds.
    pub max_connection_sec: u32,
    /// How long a run\'s lines can be sent again after its end, in seconds.
    pub replay_sec: u64,
}

impl Limits {
    fn new(replay: Duration) -> Self {
        Self {
            max_in: MAX_MESSAGE_BYTES,
            max_out: MAX_FRAME_BYTES,
            max_prompt: MAX_PROMPT_BYTES,
            idle_sec: 600,
            max_connection_sec: 7200,
            replay_sec: replay.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Response;

    #[test]
    fn it_tells_only_what_works() {
        let ready = Ready::new(
            Some("1".to_owned()),
            ConnectionId::trusted("Abc="),
            Owner::trusted("u_7"),
            ThreadId::trusted("t1"),
            Duration::from_secs(3600),
        );
        assert_eq!(
            Response::Ready(ready).json(),
            r#"{"type":"ready","id":"1","v":1,"protocolVersion":"1.0","connectionId":"Abc=","user":"u_7","threadId":"t1","limits":{"maxIn":32768,"maxOut":28672,"maxPrompt":24576,"idleSec":600,"maxConnectionSec":7200,"replaySec":3600},"features":["history","resume"],"formats":["agui","blocks","typed","simple","bedrock","text"]}"#
        );
    }
}
