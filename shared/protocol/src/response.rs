//! Control lines: what Longwire says besides the events of a run (docs/protocol.md section 4).
//!
//! Fields stand in the order people read them in a terminal; what is absent is left out, never `null`.

pub mod ack;
pub mod error;
pub mod history;
pub mod page;
pub mod ready;
pub mod resumed;

use serde::Serialize;
use serde_json::Number;

use ack::Ack;
use error::ErrorResponse;
use history::HistoryPage;
use longwire_core::ids::RunId;
use ready::Ready;
use resumed::Resumed;

/// One control line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Response {
    /// The answer to `hello`.
    Ready(Ready),
    /// The answer to what was accepted.
    Ack(Ack),
    /// The answer to what was refused.
    Error(ErrorResponse),
    /// The answer to `ping`.
    Pong(Pong),
    /// A run is silent but not dead.
    Alive(Alive),
    /// The end of what `resume` asked for.
    Resumed(Resumed),
    /// The answer to `history`.
    History(HistoryPage),
}

/// The answer to `ping`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pong {
    /// The message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The client's time, as it gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<Number>,
    /// The server's time, in milliseconds since 1970.
    pub now: i64,
}

/// A run is silent but not dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alive {
    /// The run.
    pub run_id: RunId,
    /// Its last line's number.
    pub last: u64,
}

impl Response {
    /// The line as it travels.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("control lines have strings for keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::resumed::ResumedStatus;
    use longwire_core::ids::ThreadId;

    #[test]
    fn fields_stand_in_the_protocols_order() {
        let pong = Response::Pong(Pong {
            id: None,
            t: Some(1_763_681_477_123_u64.into()),
            now: 1_763_681_477_191,
        });
        assert_eq!(
            pong.json(),
            r#"{"type":"pong","t":1763681477123,"now":1763681477191}"#
        );
        let alive = Response::Alive(Alive {
            run_id: RunId::trusted("r7"),
            last: 7,
        });
        assert_eq!(alive.json(), r#"{"type":"alive","runId":"r7","last":7}"#);
        let resumed = Response::Resumed(Resumed {
            id: None,
            thread_id: ThreadId::trusted("t1"),
            run_id: Some(RunId::trusted("r7")),
            after: 4,
            last: 7,
            status: ResumedStatus::Running,
        });
        assert_eq!(
            resumed.json(),
            r#"{"type":"resumed","threadId":"t1","runId":"r7","after":4,"last":7,"status":"running"}"#
        );
    }
}
