//! `prompt` and its options, context and tools.

use Code::{InvalidMessage, PayloadTooLarge};
use longwire_core::ids::MessageId;
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::run_input::Context;
use longwire_core::tool::ToolSpec;
use serde_json::Map;

use super::*;
use crate::request::options::Options;
use crate::request::text::MAX_PROMPT_BYTES;

fn prompt(body: &str) -> Prompt {
    match request(body) {
        Request::Prompt(prompt) => prompt,
        other => panic!("not a prompt: {other:?}"),
    }
}

#[test]
fn every_form_of_a_prompt_is_parsed() {
    let forms = [
        (r#"{"action":"prompt","prompt":"Hey!"}"#, "Hey!", None),
        (r#"{"prompt":"Hey!"}"#, "Hey!", None),
        ("\u{feff}{\"prompt\":\"Hey!\"}", "Hey!", None),
        (r#"{"prompt":"Hey!","action":null,"id":null}"#, "Hey!", None),
        (r#"{"prompt":"Hey!","sessionId":"s1"}"#, "Hey!", Some("s1")),
        (
            r#"{"prompt":"Hey!","runtimeSessionId":"s1"}"#,
            "Hey!",
            Some("s1"),
        ),
        (
            r#"{"prompt":"Hey!","sessionId":"s1","threadId":"t1"}"#,
            "Hey!",
            Some("t1"),
        ),
        (r#"{"message":"Hey!","sessionId":"s1"}"#, "Hey!", Some("s1")),
        (
            r#"{"action":"sendMessage","message":"Hey!","sessionId":"s1"}"#,
            "Hey!",
            Some("s1"),
        ),
        (
            r#"{"storyType":"CATS"}"#,
            "Tell me a short story about cats.",
            None,
        ),
        ("Hey!", "Hey!", None),
        ("  Hey!\n", "  Hey!\n", None),
        ("\"Hey!\"", "\"Hey!\"", None),
        ("17", "17", None),
        ("\n {\"prompt\":\"Hey!\"}", "Hey!", None),
        (r#"{"prompt":"one","prompt":"two"}"#, "two", None),
        (
            r#"{"prompt":"Hey!","nobody":{"knows":[1,2]}}"#,
            "Hey!",
            None,
        ),
        (r#"{"prompt":"Hey!","supersede":true}"#, "Hey!", None),
        (
            r#"{"prompt":"Hey!","tools":[],"context":null,"options":null}"#,
            "Hey!",
            None,
        ),
        (r#"{"prompt":"a\u0000b"}"#, "a\u{0}b", None),
        (r#"{"prompt":"\ud83d\ude00"}"#, "😀", None),
    ];
    for (body, text, thread) in forms {
        let parsed = prompt(body);
        assert_eq!(parsed.prompt, text, "{body}");
        assert_eq!(
            parsed.thread_id.as_ref().map(ThreadId::as_str),
            thread,
            "{body}"
        );
    }
}

#[test]
fn all_fields_of_a_prompt_are_parsed() {
    let body = r#"{"action":"prompt","id":"2","threadId":"t1","runId":"r1","messageId":"u1","prompt":"Weather in Berlin?","tools":[{"name":"get_location","description":"Where the user is."}],"supersede":true,"context":[{"description":"locale","value":"de-DE"}],"options":{"reasoning":true,"onGone":"grace:30","ifBusy":"interrupt","notify":{"content":true}},"format":"typed"}"#;
    let envelope = parse(body).expect(body);
    assert_eq!(envelope.id.as_deref(), Some("2"));
    assert_eq!(envelope.format, Some(Format::Typed));
    assert_eq!(
        envelope.request,
        Request::Prompt(Prompt {
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r1")),
            message_id: Some(MessageId::trusted("u1")),
            prompt: "Weather in Berlin?".to_owned(),
            context: vec![Context {
                description: "locale".to_owned(),
                value: "de-DE".to_owned(),
            }],
            tools: vec![ToolSpec {
                name: "get_location".to_owned(),
                description: "Where the user is.".to_owned(),
                input_schema: json!({"type": "object"}),
            }],
            state: Map::new(),
            supersede: true,
            options: Options {
                reasoning: true,
                on_gone: Some(OnGone::Grace(30)),
                if_busy: IfBusy::Interrupt,
                notify: Notify::Content,
            },
        })
    );
}

#[test]
fn an_invalid_text_is_refused() {
    assert_refused(&[
        ("".into(), InvalidMessage, "`prompt`"),
        (" \n\t ".into(), InvalidMessage, "`prompt`"),
        (
            r#"{"action":"prompt"}"#.into(),
            InvalidMessage,
            "`prompt` is missing",
        ),
        (
            r#"{"action":"sendMessage"}"#.into(),
            InvalidMessage,
            "`prompt` is missing",
        ),
        (
            r#"{"prompt":""}"#.into(),
            InvalidMessage,
            "`prompt` must not be empty",
        ),
        (
            r#"{"prompt":" \u00a0\u2003\n"}"#.into(),
            InvalidMessage,
            "`prompt` must not be empty",
        ),
        (
            r#"{"prompt":"\u0000"}"#.into(),
            InvalidMessage,
            "`prompt` must not be empty",
        ),
        (
            r#"{"message":"  "}"#.into(),
            InvalidMessage,
            "`message` must not be empty",
        ),
        (
            r#"{"prompt":5}"#.into(),
            InvalidMessage,
            "`prompt` must be a string",
        ),
        (
            r#"{"prompt":5,"options":"x"}"#.into(),
            InvalidMessage,
            "`prompt` must be a string",
        ),
        (
            r#"{"prompt":"Hey!","messageId":5,"options":"x"}"#.into(),
            InvalidMessage,
            "`messageId` must be a string",
        ),
        (
            r#"{"prompt":["Hey!"]}"#.into(),
            InvalidMessage,
            "`prompt` must be a string",
        ),
        (
            r#"{"message":{"text":"x"}}"#.into(),
            InvalidMessage,
            "`message` must be a string",
        ),
        (
            r#"{"storyType":7}"#.into(),
            InvalidMessage,
            "`storyType` must be a string",
        ),
        (
            r#"{"storyType":" "}"#.into(),
            InvalidMessage,
            "`storyType` must be 1 to 64",
        ),
        (
            json!({"storyType": "x".repeat(65)}).to_string(),
            InvalidMessage,
            "`storyType` must be 1 to 64",
        ),
        (
            json!({"prompt": "x".repeat(MAX_PROMPT_BYTES + 1)}).to_string(),
            PayloadTooLarge,
            "`prompt`",
        ),
        (
            json!({"prompt": "ä".repeat(MAX_PROMPT_BYTES / 2 + 1)}).to_string(),
            PayloadTooLarge,
            "24576",
        ),
        ("x".repeat(MAX_PROMPT_BYTES + 1), PayloadTooLarge, "24576"),
    ]);
}

#[test]
fn a_text_of_the_maximum_length_is_accepted() {
    assert_accepted(&[
        json!({"prompt": "x".repeat(MAX_PROMPT_BYTES)}).to_string(),
        json!({"prompt": "ä".repeat(MAX_PROMPT_BYTES / 2)}).to_string(),
        "x".repeat(MAX_PROMPT_BYTES),
        json!({"storyType": "x".repeat(64)}).to_string(),
    ]);
}

#[test]
fn an_id_of_a_run_that_an_event_starts_is_refused() {
    assert_refused(&[(
        with("runId", json!("svc_5f1c9ae20b7d4e36")),
        InvalidMessage,
        "`runId` must not begin with \"svc_\"",
    )]);
}

#[test]
fn invalid_options_are_refused() {
    assert_refused(&[
        (
            with("options", json!("fast")),
            InvalidMessage,
            "`options` must be an object",
        ),
        (
            with("options", json!([true])),
            InvalidMessage,
            "`options` must be an object",
        ),
        (
            with("options", json!({"reasoning": "yes"})),
            InvalidMessage,
            "`options.reasoning` must be a boolean",
        ),
        (
            with("options", json!({"onGone": 30})),
            InvalidMessage,
            "`options.onGone` must be a string",
        ),
        (
            with("options", json!({"onGone": "grace:0"})),
            InvalidMessage,
            "`options.onGone` must be \"cancel\"",
        ),
        (
            with("options", json!({"onGone": "grace:901"})),
            InvalidMessage,
            "`options.onGone` must be",
        ),
        (
            with("options", json!({"onGone": "never"})),
            InvalidMessage,
            "`options.onGone` must be",
        ),
        (
            with("options", json!({"notify": "yes"})),
            InvalidMessage,
            "`options.notify` must be true, false or an object",
        ),
        (
            with("options", json!({"notify": [{"content": true}]})),
            InvalidMessage,
            "`options.notify` must be true, false or an object",
        ),
        (
            with("options", json!({"notify": {"content": "all"}})),
            InvalidMessage,
            "`options.notify.content` must be a boolean",
        ),
        (
            with("options", json!({"ifBusy": "maybe"})),
            InvalidMessage,
            "`options.ifBusy`",
        ),
        (
            with("supersede", json!("yes")),
            InvalidMessage,
            "`supersede` must be a boolean",
        ),
    ]);
}

#[test]
fn options_at_their_limits_are_accepted() {
    assert_accepted(&[
        with("options", json!({"onGone": "grace:1"})),
        with("options", json!({"onGone": "grace:900"})),
        with("options", json!({"onGone": "finish", "unknown": 1})),
    ]);
}

#[test]
fn null_options_count_as_absent() {
    let nulls = json!({"reasoning": null, "onGone": null, "ifBusy": null, "notify": null});
    assert_eq!(prompt(&with("options", nulls)).options, Options::default());
}

#[test]
fn an_event_at_the_end_is_asked_for_with_or_without_content() {
    for (value, notify) in [
        (json!(false), Notify::None),
        (json!(true), Notify::Ids),
        (json!({}), Notify::Ids),
        (json!({"content": false, "unknown": 1}), Notify::Ids),
        (json!({"content": null}), Notify::Ids),
        (json!({"content": true}), Notify::Content),
    ] {
        let options = prompt(&with("options", json!({"notify": value}))).options;
        let expected = Options {
            notify,
            ..Options::default()
        };
        assert_eq!(options, expected);
    }
}

#[test]
fn invalid_tools_are_refused() {
    let tool = |name: &str, parameters| json!({"name": name, "parameters": parameters});
    assert_refused(&[
        (
            with("tools", json!({})),
            InvalidMessage,
            "`tools` must be an array",
        ),
        (
            with("tools", json!(["get_location"])),
            InvalidMessage,
            "`tools[0]` must be an object",
        ),
        (
            with("tools", json!([{"description": "x"}])),
            InvalidMessage,
            "`tools[0].name` is missing",
        ),
        (
            with("tools", json!([tool("get location", json!({}))])),
            InvalidMessage,
            "`tools[0].name`",
        ),
        (
            with("tools", json!([tool(&"x".repeat(65), json!({}))])),
            InvalidMessage,
            "1 to 64",
        ),
        (
            with("tools", json!([tool("x", json!([]))])),
            InvalidMessage,
            "`tools[0].parameters` must be an object",
        ),
        (
            with("tools", json!(vec![tool("x", json!({})); 33])),
            InvalidMessage,
            "`tools` must have at most 32",
        ),
        (
            with(
                "tools",
                json!([tool("x", json!({"a": "x".repeat(16_384)}))]),
            ),
            PayloadTooLarge,
            "`tools`",
        ),
        (
            with("tools", json!([tool("x", json!({"type": "array"}))])),
            InvalidMessage,
            "`tools[0].parameters.type` must be",
        ),
        (
            with("tools", json!([tool("x", json!({})), tool("x", json!({}))])),
            InvalidMessage,
            "`x`, which is the name of another",
        ),
        (
            with("tools", json!([tool("get_weather", json!({}))])),
            InvalidMessage,
            "`get_weather`, which is the name of a tool of the server",
        ),
    ]);
}

#[test]
fn an_invalid_context_is_refused() {
    assert_refused(&[
        (
            with("context", json!("de")),
            InvalidMessage,
            "`context` must be an array",
        ),
        (
            with("context", json!([{"value": "x"}])),
            InvalidMessage,
            "`context[0].description` is missing",
        ),
        (
            with("context", json!([{"description": "x", "value": 1}])),
            InvalidMessage,
            "`context[0].value` must be a string",
        ),
        (
            with(
                "context",
                json!(vec![json!({"description": "a", "value": "b"}); 33]),
            ),
            InvalidMessage,
            "at most 32",
        ),
        (
            with(
                "context",
                json!([{"description": "a", "value": "x".repeat(8192)}]),
            ),
            PayloadTooLarge,
            "`context`",
        ),
    ]);
}

#[test]
fn a_context_of_the_maximum_size_is_accepted() {
    assert_accepted(&[
        with(
            "context",
            json!([{"description": "", "value": "x".repeat(8192)}]),
        ),
        with(
            "context",
            json!(vec![json!({"description": "a", "value": "b"}); 32]),
        ),
    ]);
}
