//! Calls and their results: each call answered once, in the very next turn, under an id Bedrock takes.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::context_window::placeholders;
use crate::model::Part;
use longwire_core::ids::CallId;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};

/// The longest id and the longest name Bedrock takes, in characters ("ToolUseBlock").
const MAX_CHARS: usize = 64;

/// A call of the turn before that wants its answer.
#[derive(Debug)]
pub(super) struct Open {
    /// As it was stored.
    stored: CallId,
    /// As the model is shown it.
    shown: CallId,
    /// A worker had begun it.
    begun: bool,
}

/// The ids that stand in the request already; they are unique in all of it.
#[derive(Debug, Default)]
pub(super) struct Ids(HashSet<CallId>);

impl Ids {
    /// The call as the model is shown it, and the answer it waits for.
    pub(super) fn open(&mut self, call: &ToolCall, begun: bool) -> (Part, Open) {
        let shown = self.unique(&call.id);
        let part = Part::ToolCall {
            id: shown.clone(),
            name: legal_name(&call.name),
            input: object(&call.input),
        };
        let stored = call.id.clone();
        let open = Open {
            stored,
            shown,
            begun,
        };
        (part, open)
    }

    /// The id itself if it is legal and new, else one made of the number of calls so far.
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

/// The answers to all open calls, in the order of the calls. Each takes the first result that names it;
/// results that answer nothing are left out.
pub(super) fn answers(open: Vec<Open>, mut results: Vec<&ToolResult>) -> Vec<Part> {
    let mut answer = |call: Open| {
        let found = results.iter().position(|r| r.call_id == call.stored);
        let (error, text) = match found.map(|index| results.remove(index)) {
            Some(result) => (result.outcome != ToolOutcome::Success, readable(result)),
            None if call.begun => (true, placeholders::RESULT_LOST.to_owned()),
            None => (true, placeholders::NO_RESULT.to_owned()),
        };
        Part::ToolResult {
            id: call.shown,
            error,
            text,
        }
    };
    open.into_iter().map(&mut answer).collect()
}

fn readable(result: &ToolResult) -> String {
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

/// The name, or the nearest to it that Bedrock takes: `[a-zA-Z0-9_-]{1,64}`.
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

/// Arguments as the object they must be; what a model wrote instead of one is kept as its `value`.
fn object(input: &Value) -> Value {
    match input {
        Value::Object(_) => input.clone(),
        Value::Null => Value::Object(Map::new()),
        other => json!({ "value": other }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use longwire_core::ids::MessageId;

    fn call(id: &str, name: &str, input: Value) -> ToolCall {
        ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            input,
            parent: MessageId::trusted("m"),
        }
    }

    #[test]
    fn illegal_and_repeated_ids_get_others() {
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
    fn names_and_arguments_become_legal() {
        let shown = |name: &str, input| match Ids::default().open(&call("a", name, input), false).0
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
    fn a_repeated_call_takes_the_next_result() {
        let mut ids = Ids::default();
        let open: Vec<_> = [false, true, true]
            .map(|begun| ids.open(&call("a", "t", json!({})), begun).1)
            .into();
        let result = |outcome, content: &str| ToolResult {
            message_id: MessageId::trusted("m"),
            call_id: CallId::trusted("a"),
            outcome,
            content: content.to_owned(),
        };
        let (denied, blank) = (
            result(ToolOutcome::Cancelled, "no"),
            result(ToolOutcome::Success, " \n"),
        );
        let part = |id: &str, error, text: &str| Part::ToolResult {
            id: CallId::trusted(id),
            error,
            text: text.to_owned(),
        };
        assert_eq!(
            answers(open, vec![&denied, &blank]),
            [
                part("a", true, "no"),
                part("call_1", false, placeholders::BLANK_RESULT),
                part("call_2", true, placeholders::RESULT_LOST),
            ]
        );
    }
}
