//! Bedrock's rules for a conversation, independent of the code that keeps them.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longwire_agent::model::{Part, Turn};
use longwire_core::message::Role;

/// Checks whether Bedrock accepts these turns. The error names the broken rule.
pub(crate) fn check(turns: &[Turn]) -> Result<(), String> {
    let (first, last) = match turns {
        [] => return Err("there is no turn".to_owned()),
        [first, .., last] => (first, last),
        [only] => (only, only),
    };
    ensure(first.role == Role::User, "the first turn is not the user's")?;
    ensure(last.role == Role::User, "the last turn is not the user's")?;
    ensure(
        turns.windows(2).all(|w| w[0].role != w[1].role),
        "roles do not alternate",
    )?;
    let mut ids = HashSet::new();
    let mut expected: Vec<String> = Vec::new();
    for turn in turns {
        parts(turn)?;
        results(turn, &expected)?;
        expected = calls(turn, &mut ids)?;
    }
    ensure(expected.is_empty(), "a call has no result")?;
    let marks = turns
        .iter()
        .flat_map(|t| &t.parts)
        .filter(|p| **p == Part::CachePoint);
    ensure(marks.count() <= 2, "more than two cache points")
}

fn ensure(holds: bool, complaint: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(complaint.to_owned())
    }
}

fn blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn parts(turn: &Turn) -> Result<(), String> {
    let content: Vec<_> = turn
        .parts
        .iter()
        .filter(|p| **p != Part::CachePoint)
        .collect();
    ensure(!content.is_empty(), "a turn is empty")?;
    ensure(
        turn.parts[0] != Part::CachePoint,
        "a cache point comes first",
    )?;
    let doubled = turn
        .parts
        .windows(2)
        .any(|w| w[0] == Part::CachePoint && w[1] == Part::CachePoint);
    ensure(!doubled, "a cache point follows another")?;
    let reasoning_last = matches!(
        content[content.len() - 1],
        Part::Reasoning { .. } | Part::RedactedReasoning(_)
    );
    ensure(!reasoning_last, "a turn ends with reasoning")?;
    content
        .into_iter()
        .try_for_each(|part| one(turn.role, part))
}

fn one(role: Role, part: &Part) -> Result<(), String> {
    let assistant = role == Role::Assistant;
    match part {
        Part::Text(text) => ensure(!blank(text), "a text is blank"),
        Part::Reasoning { signature, .. } => {
            ensure(assistant, "a user turn has reasoning")?;
            let signed = signature
                .as_deref()
                .is_some_and(|signature| !blank(signature));
            ensure(signed, "reasoning has no signature")
        }
        Part::RedactedReasoning(data) => {
            ensure(assistant, "a user turn has reasoning")?;
            let valid = STANDARD.decode(data).is_ok_and(|bytes| !bytes.is_empty());
            ensure(valid, "redacted reasoning is not base64")
        }
        Part::ToolCall { name, input, .. } => {
            ensure(assistant, "a user turn has a call")?;
            ensure(legal(name, "_-"), "a tool's name is illegal")?;
            ensure(input.is_object(), "arguments are not an object")
        }
        Part::ToolResult { text, .. } => {
            ensure(!assistant, "an assistant turn has a result")?;
            ensure(!blank(text), "a result is blank")
        }
        Part::CachePoint => Ok(()),
    }
}

fn legal(name: &str, also: &str) -> bool {
    let fits = (1..=64).contains(&name.chars().count());
    fits && name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// Ids of the calls of a turn; the next turn must start with their results.
fn calls(turn: &Turn, ids: &mut HashSet<String>) -> Result<Vec<String>, String> {
    let mut calls = Vec::new();
    for part in &turn.parts {
        if let Part::ToolCall { id, .. } = part {
            ensure(legal(id.as_str(), "_.:-"), "a call's id is illegal")?;
            ensure(
                ids.insert(id.as_str().to_owned()),
                "a call's id is repeated",
            )?;
            calls.push(id.as_str().to_owned());
        }
    }
    Ok(calls)
}

/// Checks that the results are at the start of the turn, one for each call.
fn results(turn: &Turn, expected: &[String]) -> Result<(), String> {
    let id = |part: &Part| match part {
        Part::ToolResult { id, .. } => Some(id.as_str().to_owned()),
        _ => None,
    };
    let first: Vec<_> = turn.parts.iter().map_while(id).collect();
    let all = turn.parts.iter().filter_map(id).count();
    ensure(first.len() == all, "a result follows other content")?;
    ensure(all <= expected.len(), "more results than calls")?;
    let names: HashSet<_> = first.iter().collect();
    ensure(
        names == expected.iter().collect(),
        "results and calls do not match",
    )
}

mod tests {
    use longwire_core::ids::CallId;
    use serde_json::json;

    use super::*;

    fn text(words: &str) -> Part {
        Part::Text(words.to_owned())
    }

    fn call(id: &str, name: &str) -> Part {
        Part::ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            input: json!({}),
        }
    }

    fn result(id: &str, text: &str) -> Part {
        Part::ToolResult {
            id: CallId::trusted(id),
            error: false,
            text: text.to_owned(),
        }
    }

    fn reasoning(signature: Option<&str>) -> Part {
        Part::Reasoning {
            text: String::new(),
            signature: signature.map(str::to_owned),
        }
    }

    fn user(parts: Vec<Part>) -> Turn {
        Turn {
            role: Role::User,
            parts,
        }
    }

    fn assistant(parts: Vec<Part>) -> Turn {
        Turn {
            role: Role::Assistant,
            parts,
        }
    }

    /// A question, an assistant turn, and a user turn with these parts.
    fn step(parts: Vec<Part>, next: Vec<Part>) -> Vec<Turn> {
        vec![user(vec![text("?")]), assistant(parts), user(next)]
    }

    #[test]
    fn valid_turns_pass() {
        let calls = vec![
            reasoning(Some("signature")),
            text("a"),
            call("a", "t"),
            call("b", "t"),
        ];
        let results = vec![
            result("b", "2"),
            result("a", "1"),
            text("and"),
            Part::CachePoint,
        ];
        assert_eq!(check(&step(calls, results)), Ok(()));
        assert_eq!(check(&[user(vec![text("a")])]), Ok(()));
    }

    #[test]
    fn each_broken_rule_is_found() {
        let calls = || vec![call("a", "t")];
        let long = "x".repeat(65);
        let not_object = Part::ToolCall {
            id: CallId::trusted("a"),
            name: "t".to_owned(),
            input: json!([]),
        };
        let mut twice = step(calls(), vec![result("a", "1")]);
        twice.extend([assistant(calls()), user(vec![result("a", "1")])]);
        let mut late = step(calls(), vec![text("no")]);
        late.extend([assistant(vec![text("b")]), user(vec![result("a", "1")])]);
        let mut three_points = step(vec![text("b")], vec![text("c"), Part::CachePoint]);
        three_points.insert(0, assistant(vec![text("z"), Part::CachePoint]));
        three_points.insert(0, user(vec![text("y"), Part::CachePoint]));
        let bad = [
            ("there is no turn", vec![]),
            (
                "the first turn is not",
                vec![assistant(vec![text("a")]), user(vec![text("b")])],
            ),
            (
                "the last turn is not",
                vec![user(vec![text("a")]), assistant(vec![text("b")])],
            ),
            (
                "roles do not alternate",
                vec![user(vec![text("a")]), user(vec![text("b")])],
            ),
            ("a turn is empty", vec![user(vec![])]),
            ("a turn is empty", vec![user(vec![Part::CachePoint])]),
            (
                "a cache point comes first",
                vec![user(vec![Part::CachePoint, text("a")])],
            ),
            (
                "a cache point follows",
                vec![user(vec![text("a"), Part::CachePoint, Part::CachePoint])],
            ),
            ("more than two cache points", three_points),
            ("a text is blank", vec![user(vec![text(" \u{a0}\n")])]),
            (
                "a user turn has reasoning",
                vec![user(vec![reasoning(Some("s")), text("a")])],
            ),
            (
                "reasoning has no signature",
                step(vec![reasoning(None), text("a")], vec![text("b")]),
            ),
            (
                "reasoning has no signature",
                step(vec![reasoning(Some("")), text("a")], vec![text("b")]),
            ),
            (
                "a turn ends with reasoning",
                step(vec![text("a"), reasoning(Some("s"))], vec![text("b")]),
            ),
            (
                "redacted reasoning is not",
                step(
                    vec![Part::RedactedReasoning("?".into()), text("a")],
                    vec![text("b")],
                ),
            ),
            ("a user turn has a call", vec![user(calls())]),
            (
                "an assistant turn has a result",
                step(vec![result("a", "1")], vec![text("b")]),
            ),
            (
                "a tool's name is illegal",
                step(vec![call("a", "a b")], vec![result("a", "1")]),
            ),
            (
                "a tool's name is illegal",
                step(vec![call("a", "")], vec![result("a", "1")]),
            ),
            (
                "a call's id is illegal",
                step(vec![call(&long, "t")], vec![result(&long, "1")]),
            ),
            (
                "a call's id is illegal",
                step(vec![call("ä", "t")], vec![result("ä", "1")]),
            ),
            ("a call's id is repeated", twice),
            (
                "arguments are not an object",
                step(vec![not_object], vec![result("a", "1")]),
            ),
            ("a result is blank", step(calls(), vec![result("a", " ")])),
            (
                "a result follows other content",
                step(calls(), vec![text("a"), result("a", "1")]),
            ),
            (
                "more results than calls",
                step(calls(), vec![result("a", "1"), result("a", "1")]),
            ),
            (
                "more results than calls",
                vec![user(vec![result("a", "1")])],
            ),
            (
                "results and calls do not match",
                step(calls(), vec![result("b", "1")]),
            ),
            ("results and calls do not match", late),
        ];
        for (complaint, turns) in bad {
            let verdict = check(&turns).expect_err(complaint);
            assert!(
                verdict.starts_with(complaint),
                "{verdict:?} instead of {complaint:?}"
            );
        }
    }
}
