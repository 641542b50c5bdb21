//! Tool calls and their results: each call has one result in the next turn, under an id that Bedrock accepts.

use std::collections::HashSet;

use longwire_core::ids::CallId;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use serde_json::{Map, Value, json};

use crate::context_window::placeholders;
use crate::model::Part;

/// Longest id and longest name of a tool call, in characters (Bedrock API reference, "ToolUseBlock").
const MAX_CHARS: usize = 64;

/// Tool call of the last turn, whose result the next turn must have.
#[derive(Debug)]
pub(super) struct UnansweredCall {
    /// Id in the stored conversation.
    stored: CallId,
    /// Id in the request.
    shown: CallId,
    /// Set when a worker may have started the call.
    started: bool,
}

/// Ids of the calls in the request so far. Each id is unique within the request.
#[derive(Debug, Default)]
pub(super) struct Ids(HashSet<CallId>);

impl Ids {
    /// Adds a call. Returns its part of the request, and the call as one that needs a result.
    pub(super) fn add(&mut self, call: &ToolCall, started: bool) -> (Part, UnansweredCall) {
        let shown = self.unique(&call.id);
        let part = Part::ToolCall {
            id: shown.clone(),
            name: legal_name(&call.name),
            input: object(call),
        };
        let stored = call.id.clone();
        let unanswered = UnansweredCall {
            stored,
            shown,
            started,
        };
        (part, unanswered)
    }

    /// The id itself if it is legal and new, else a generated one.
    fn unique(&mut self, id: &CallId) -> CallId {
        let legal = is_legal(id.as_str()) && !self.0.contains(id);
        let mut number = self.0.len();
        let mut shown = id.clone();
        while !legal && (self.0.contains(&shown) || !is_legal(shown.as_str())) {
            shown = CallId::trusted(format!("call_{number}"));
            number += 1;
        }
        self.0.insert(shown.clone());
        shown
    }
}

/// Results of all calls, in the order of the calls. Each call takes the first stored result with its id, or a
/// placeholder. Results without a call are left out.
pub(super) fn results(calls: Vec<UnansweredCall>, mut stored: Vec<&ToolResult>) -> Vec<Part> {
    let mut result = |call: UnansweredCall| {
        let found = stored.iter().position(|r| r.call_id == call.stored);
        let (error, text) = match found.map(|index| stored.remove(index)) {
            Some(result) => (result.outcome != ToolOutcome::Success, result_text(result)),
            None if call.started => (true, placeholders::RESULT_LOST.to_owned()),
            None => (true, placeholders::NO_RESULT.to_owned()),
        };
        Part::ToolResult {
            id: call.shown,
            error,
            text,
        }
    };
    calls.into_iter().map(&mut result).collect()
}

fn result_text(result: &ToolResult) -> String {
    if result.content.trim().is_empty() {
        placeholders::BLANK_RESULT.to_owned()
    } else {
        result.content.clone()
    }
}

fn is_legal(id: &str) -> bool {
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"_.:-".contains(&c);
    (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(legal)
}

/// Legal name that is closest to the given one: `[a-zA-Z0-9_-]{1,64}`.
fn legal_name(name: &str) -> String {
    let legal = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '_',
    };
    let name: String = name.chars().take(MAX_CHARS).map(legal).collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// Arguments as an object. Anything else that the model wrote becomes the field `value` of one.
fn object(call: &ToolCall) -> Value {
    match call.input() {
        Ok(object @ Value::Object(_)) => object,
        Ok(Value::Null) => Value::Object(Map::new()),
        Ok(other) => json!({ "value": other }),
        Err(_) => json!({ "value": call.arguments }),
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::MessageId;

    use super::*;

    fn call(id: &str, name: &str, input: &Value) -> ToolCall {
        ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            arguments: input
                .as_str()
                .map_or_else(|| input.to_string(), str::to_owned),
            parent: MessageId::trusted("m"),
        }
    }

    #[test]
    fn illegal_and_repeated_ids_are_replaced() {
        let mut ids = Ids::default();
        let mut shown = |id: &str| ids.unique(&CallId::trusted(id)).as_str().to_owned();
        assert_eq!(shown("tc_1"), "tc_1");
        assert_eq!(shown("tc_1"), "call_1");
        assert_eq!(shown("call_3"), "call_3");
        assert_eq!(shown(""), "call_4");
        assert_eq!(shown("ä/"), "call_5");
        assert_eq!(shown(&"x".repeat(65)), "call_6");
        assert_eq!(shown(&"x".repeat(64)), "x".repeat(64));
        assert_eq!(shown("call_4"), "call_7");
    }

    #[test]
    fn illegal_names_and_arguments_are_converted() {
        let shown = |name: &str, input| match Ids::default().add(&call("a", name, &input), false).0
        {
            Part::ToolCall { name, input, .. } => (name, input),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            shown("a b.ö", json!({"x": 1})),
            ("a_b__".into(), json!({"x": 1}))
        );
        assert_eq!(shown("", Value::Null), ("_".into(), json!({})));
        assert_eq!(
            shown(&"n".repeat(70), json!([1])),
            ("n".repeat(64), json!({"value": [1]}))
        );
    }

    #[test]
    fn a_repeated_call_id_takes_the_next_result() {
        let mut ids = Ids::default();
        let calls: Vec<_> = [false, true, true]
            .map(|started| ids.add(&call("a", "t", &json!({})), started).1)
            .into();
        let result = |outcome, content: &str| ToolResult {
            message_id: MessageId::trusted("m"),
            call_id: CallId::trusted("a"),
            outcome,
            content: content.to_owned(),
            decision: None,
        };
        let (cancelled, blank) = (
            result(ToolOutcome::Cancelled, "no"),
            result(ToolOutcome::Success, " \n"),
        );
        let part = |id: &str, error, text: &str| Part::ToolResult {
            id: CallId::trusted(id),
            error,
            text: text.to_owned(),
        };
        assert_eq!(
            results(calls, vec![&cancelled, &blank]),
            [
                part("a", true, "no"),
                part("call_1", false, placeholders::BLANK_RESULT),
                part("call_2", true, placeholders::RESULT_LOST),
            ]
        );
    }
}
