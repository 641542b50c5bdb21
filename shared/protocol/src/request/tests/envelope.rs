//! Text of a frame, and the fields that every action has.

use Code::{InvalidJson, InvalidMessage, PayloadTooLarge, UnknownAction, UnsupportedFormat};

use super::*;
use crate::frame::MAX_REQUEST_BYTES;

#[test]
fn text_that_begins_like_json_and_is_not_json_is_refused() {
    assert_refused(&[
        ("{".into(), InvalidJson, "not JSON"),
        ("[".into(), InvalidJson, "not JSON"),
        (r#"{"prompt":"Hey!""#.into(), InvalidJson, "not JSON"),
        (
            r#"{"prompt":"Hey!"} trailing"#.into(),
            InvalidJson,
            "not JSON",
        ),
        ("{'prompt':'Hey!'}".into(), InvalidJson, "not JSON"),
        (r#"{"prompt":"\ud800"}"#.into(), InvalidJson, "not JSON"),
        (
            r#"{"prompt":"\udc00 low first"}"#.into(),
            InvalidJson,
            "not JSON",
        ),
        ("{\"prompt\":\"a\u{1}b\"}".into(), InvalidJson, "not JSON"),
        (
            "{\"prompt\":\"two\nlines\"}".into(),
            InvalidJson,
            "not JSON",
        ),
        ("[".repeat(200), InvalidJson, "recursion"),
        (
            format!("{{\"prompt\":{}{}}}", "[".repeat(200), "]".repeat(200)),
            InvalidJson,
            "recursion",
        ),
        (
            r#"{"action":"ping","t":1e999}"#.into(),
            InvalidJson,
            "not JSON",
        ),
    ]);
}

#[test]
fn json_without_a_known_action_is_refused() {
    assert_refused(&[
        ("[]".into(), InvalidMessage, "JSON object"),
        (
            r#"[{"prompt":"Hey!"}]"#.into(),
            InvalidMessage,
            "JSON object",
        ),
        ("{}".into(), InvalidMessage, "`action` is missing"),
        (
            r#"{"threadId":"t1"}"#.into(),
            InvalidMessage,
            "`action` is missing",
        ),
        (
            r#"{"action":5}"#.into(),
            InvalidMessage,
            "`action` must be a string",
        ),
        (
            r#"{"action":["prompt"],"prompt":"x"}"#.into(),
            InvalidMessage,
            "`action` must be a string",
        ),
        (
            r#"{"action":"nope","format":1}"#.into(),
            InvalidMessage,
            "`format` must be a string",
        ),
        (
            r#"{"action":"nope","response":1}"#.into(),
            InvalidMessage,
            "`response` must be a string",
        ),
        (r#"{"action":""}"#.into(), UnknownAction, "`action`"),
        (
            r#"{"action":"Prompt","prompt":"x"}"#.into(),
            UnknownAction,
            "`action`",
        ),
        (
            r#"{"threadId":"t1","runId":"r1","messages":[]}"#.into(),
            InvalidMessage,
            "`messages` must end with",
        ),
        (
            r#"{"action":"fork","threadId":"t1"}"#.into(),
            UnknownAction,
            "approval",
        ),
    ]);
}

#[test]
fn a_request_of_more_than_32_kb_is_refused() {
    assert_refused(&[
        (
            with("padding", json!("x".repeat(MAX_REQUEST_BYTES))),
            PayloadTooLarge,
            "32768",
        ),
        (
            format!("{{{}", "x".repeat(MAX_REQUEST_BYTES)),
            PayloadTooLarge,
            "32768",
        ),
    ]);
}

#[test]
fn a_request_of_exactly_32_kb_is_accepted() {
    let empty = with("padding", json!(""));
    let padding = "x".repeat(MAX_REQUEST_BYTES - empty.len());
    assert_accepted(&[with("padding", json!(padding))]);
}

#[test]
fn illegal_ids_are_refused() {
    assert_refused(&[
        (
            with("id", json!(5)),
            InvalidMessage,
            "`id` must be a string",
        ),
        (
            with("id", json!("x".repeat(65))),
            InvalidMessage,
            "`id` must have at most 64",
        ),
        (
            with("threadId", json!("")),
            InvalidMessage,
            "`threadId` must be 1 to 128",
        ),
        (
            with("threadId", json!("t".repeat(129))),
            InvalidMessage,
            "`threadId` must be 1 to 128",
        ),
        (
            with("threadId", json!("other/t1")),
            InvalidMessage,
            "`threadId` must be 1 to 128",
        ),
        (
            with("threadId", json!("t\n1")),
            InvalidMessage,
            "`threadId` must be 1 to 128",
        ),
        (
            with("threadId", json!("tä")),
            InvalidMessage,
            "`threadId` must be 1 to 128",
        ),
        (
            with("threadId", json!(7)),
            InvalidMessage,
            "`threadId` must be a string",
        ),
        (
            with("sessionId", json!("a b")),
            InvalidMessage,
            "`sessionId` must be 1 to 128",
        ),
        (
            with("runtimeSessionId", json!({})),
            InvalidMessage,
            "`runtimeSessionId` must be a string",
        ),
        (
            with("runId", json!("r#1")),
            InvalidMessage,
            "`runId` must be 1 to 128",
        ),
        (
            with("runId", json!("r".repeat(129))),
            InvalidMessage,
            "`runId` must be 1 to 128",
        ),
        (
            with("messageId", json!("\u{0}")),
            InvalidMessage,
            "`messageId` must be 1 to 128",
        ),
        (
            with("messageId", json!(true)),
            InvalidMessage,
            "`messageId` must be a string",
        ),
    ]);
}

#[test]
fn ids_of_the_maximum_length_are_accepted() {
    assert_accepted(&[
        with("id", json!("ä".repeat(64))),
        with("threadId", json!("t".repeat(128))),
        with("runId", json!("r".repeat(128))),
        with("messageId", json!("m".repeat(128))),
    ]);
}

#[test]
fn a_format_has_two_field_names() {
    let asked = |more: &str| {
        parse(&format!(r#"{{"prompt":"Hey!",{more}}}"#)).map(|envelope| envelope.format)
    };
    assert_eq!(asked(r#""format":"simple""#), Ok(Some(Format::Simple)));
    assert_eq!(asked(r#""response":"original""#), Ok(Some(Format::Bedrock)));
    assert_eq!(asked(r#""response":"transformed""#), Ok(Some(Format::Text)));
    assert_eq!(
        asked(r#""format":"agui","response":"original""#),
        Ok(Some(Format::Agui))
    );
    assert_eq!(asked(r#""format":null"#), Ok(None));
}

#[test]
fn unknown_formats_are_refused() {
    assert_refused(&[
        (
            with("format", json!("html")),
            UnsupportedFormat,
            "`format` must be one of agui",
        ),
        (
            with("format", json!(1)),
            InvalidMessage,
            "`format` must be a string",
        ),
        (
            with("response", json!("raw")),
            UnsupportedFormat,
            "`response`",
        ),
    ]);
}

#[test]
fn a_refusal_repeats_the_legal_ids_and_the_format() {
    let error = refusal(r#"{"id":"7","action":"prompt","threadId":"t1","runId":"r1","prompt":""}"#);
    assert_eq!(error.id.as_deref(), Some("7"));
    assert_eq!(error.thread_id, Some(ThreadId::trusted("t1")));
    assert_eq!(error.run_id, Some(RunId::trusted("r1")));
    let long = refusal(&json!({"id": "x".repeat(65), "prompt": "Hey!"}).to_string());
    assert_eq!(long.id, None);
    let unknown = refusal(r#"{"id":"8","action":"resume","runId":"no spaces"}"#);
    assert_eq!((unknown.id.as_deref(), unknown.run_id), (Some("8"), None));
    let large = refusal(&json!({"id": "9", "prompt": "x".repeat(40_000)}).to_string());
    assert_eq!(large.id.as_deref(), Some("9"));
    let formatted = parse(r#"{"prompt":"","format":"text"}"#).expect_err("blank");
    assert_eq!(formatted.format, Some(Format::Text));
}

#[test]
fn a_refusal_repeats_no_long_or_secret_text() {
    let error = refusal(&json!({"action": "secret ".repeat(1_000)}).to_string());
    assert!(error.message.len() < 256, "{}", error.message);
    let error = refusal(&with("options", json!({"reasoning": "a secret"})));
    assert!(!error.message.contains("secret"), "{}", error.message);
}
