//! `text`: the words alone, and what they cost at the end.

use serde::Serialize;

use crate::event::Event;
use crate::format::json;
use crate::format::seen::Seen;
use crate::numbered::NumberedEvent;
use longwire_core::ids::ThreadId;

const RULE: &str = "\n----------\n";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    runtime_session_id: &'a ThreadId,
}

pub(super) fn render(line: &NumberedEvent, seen: &Seen) -> Vec<String> {
    match &line.event {
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
