//! `push`: an event of a service.

use longwire_core::cloud_event::CloudEvent;
use longwire_core::event_run::EventRun;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::frame::MAX_FRAME_BYTES;
use crate::request::inbox::{AROUND_RUN, MAX_KEPT_BYTES as MAX_EVENT_BYTES};
use crate::response::json;

/// Event of a service for a connection. The event is a field of its own, so that none can be taken for an event of a run.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "push", rename_all = "camelCase")]
struct Push<'e> {
    /// Id of the event.
    id: &'e str,
    /// Number in the inbox; absent for an event that is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// Run that the event started.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    run: Option<&'e EventRun>,
    /// The event.
    event: &'e RawValue,
}

/// Error of an event that is too long. An event is never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event takes {bytes} bytes, and at most {MAX_EVENT_BYTES} are possible")]
pub struct TooLong {
    /// Length of the event, in bytes.
    pub bytes: usize,
}

/// Checks that an event fits into a frame, and into a response with the events that are kept.
pub fn check(event: &CloudEvent) -> Result<(), TooLong> {
    let bytes = event.json().get().len();
    // The frame repeats the id.
    let framed = frame(event.id(), Some(u64::MAX), None, event.json()).len() + AROUND_RUN;
    if bytes > MAX_EVENT_BYTES || framed > MAX_FRAME_BYTES {
        return Err(TooLong { bytes });
    }
    Ok(())
}

/// Renders the frame of an event with its id, its number if it is kept, and the run that it started.
pub fn frame(id: &str, seq: Option<u64>, run: Option<&EventRun>, event: &RawValue) -> String {
    json(&Push {
        id,
        seq,
        run,
        event,
    })
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

    fn rendered(event: &CloudEvent, seq: Option<u64>) -> String {
        frame(event.id(), seq, None, event.json())
    }

    #[test]
    fn an_event_cannot_be_taken_for_another_frame() {
        assert_eq!(
            rendered(&event("x"), None),
            r#"{"type":"push","id":"evt-1","event":{"specversion":"1.0","type":"RUN_FINISHED","id":"evt-1","source":"/o","data":"x"}}"#
        );
    }

    #[test]
    fn an_event_that_is_kept_has_its_number() {
        let frame = rendered(&event("x"), Some(13));
        assert!(
            frame.starts_with(r#"{"type":"push","id":"evt-1","seq":13,"event":{"#),
            "{frame}"
        );
    }

    #[test]
    fn an_event_that_started_a_run_names_it() {
        let run = EventRun::new("0123456789abcdef", None);
        let event = event("x");
        let frame = frame(event.id(), None, Some(&run), event.json());
        assert!(
            frame.starts_with(
                r#"{"type":"push","id":"evt-1","threadId":"t_0123456789abcdef","runId":"svc_0123456789abcdef","event":{"#
            ),
            "{frame}"
        );
    }

    #[test]
    fn an_event_that_fits_is_not_cut_and_a_longer_one_is_refused() {
        let empty = event("").json().get().len();
        let longest = "x".repeat(MAX_EVENT_BYTES - empty);
        assert_eq!(check(&event(&longest)), Ok(()));
        let bytes = MAX_EVENT_BYTES + 1;
        assert_eq!(
            check(&event(&format!("{longest}x"))),
            Err(TooLong { bytes })
        );
        assert!(rendered(&event(&longest), Some(u64::MAX)).len() <= MAX_FRAME_BYTES);
    }
}
