//! `text`: the text of the answer alone, and at the end its token counts.

use longwire_core::ids::ThreadId;
use serde::Serialize;

use crate::event::Event;
use crate::format::json::json;
use crate::format::seen::Seen;
use crate::numbered::NumberedEvent;

const RULE: &str = "\n----------\n";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    runtime_session_id: &'a ThreadId,
}

pub(super) fn render(event: &NumberedEvent, seen: &Seen) -> Vec<String> {
    match &event.event {
        Event::TextMessageContent { delta, .. } => vec![delta.clone()],
        Event::RunFinished { thread_id, .. } => vec![
            RULE.to_owned(),
            json(&seen.cost),
            json(&Session {
                runtime_session_id: thread_id,
            }),
        ],
        _ => Vec::new(),
    }
}

pub(super) fn error(message: &str) -> String {
    format!("[error] {message}")
}
