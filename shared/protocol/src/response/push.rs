//! `push`: an event of a service.

use longwire_core::cloud_event::CloudEvent;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::frame::MAX_FRAME_BYTES;
use crate::response::json;

/// Event of a service for a connection. The event is a field of its own, so that none can be taken for an event of a run.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "push", rename_all = "camelCase")]
struct Push<'e> {
    /// Id of the event.
    id: &'e str,
    /// The event.
    event: &'e RawValue,
}

/// Error of an event that does not fit into one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event takes {bytes} bytes with its frame, and at most {MAX_FRAME_BYTES} are possible")]
pub struct TooLong {
    /// Length of the frame, in bytes.
    pub bytes: usize,
}

/// Renders the frame of an event. Fails when it exceeds [`MAX_FRAME_BYTES`]: an event is never cut.
pub fn frame(event: &CloudEvent) -> Result<String, TooLong> {
    let frame = json(&Push {
        id: event.id(),
        event: event.json(),
    });
    let bytes = frame.len();
    if bytes > MAX_FRAME_BYTES {
        return Err(TooLong { bytes });
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> CloudEvent {
        let json = format!(
            r#"{{"specversion":"1.0","type":"RUN_FINISHED","id":"evt-1","source":"/o","data":"{data}"}}"#
        );
        let json = RawValue::from_string(json).expect("JSON");
        CloudEvent::parse(&json).expect("an event")
    }

    #[test]
    fn an_event_cannot_be_taken_for_another_frame() {
        assert_eq!(
            frame(&event("x")).expect("a frame"),
            r#"{"type":"push","id":"evt-1","event":{"specversion":"1.0","type":"RUN_FINISHED","id":"evt-1","source":"/o","data":"x"}}"#
        );
    }

    #[test]
    fn an_event_that_fits_is_not_cut_and_a_longer_one_is_refused() {
        let envelope = frame(&event("")).expect("a frame").len();
        let longest = "x".repeat(MAX_FRAME_BYTES - envelope);
        assert_eq!(
            frame(&event(&longest)).map(|frame| frame.len()),
            Ok(MAX_FRAME_BYTES)
        );
        let bytes = MAX_FRAME_BYTES + 1;
        assert_eq!(
            frame(&event(&format!("{longest}x"))),
            Err(TooLong { bytes })
        );
    }
}
