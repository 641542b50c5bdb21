//! What each message is read as, and what each bad one is told.

use serde_json::json;

use super::*;
use crate::request::history::Wanted;
use crate::response::page::Place;
use longwire_core::ids::MessageId;
use longwire_core::options::{IfBusy, OnGone};
use longwire_core::run::Context;

fn prompt(body: &str) -> Prompt {
    match parse(body).map(|request| request.message) {
        Ok(ClientMessage::Prompt(prompt)) => prompt,
        other => panic!("no prompt: {other:?}"),
    }
}

fn refusal(body: &str) -> ErrorResponse {
    parse(body).expect_err(body).error
}

/// A prompt with one more field.
fn with(field: &str, value: serde_json::Value) -> String {
    let mut message = json!({"action": "prompt", "prompt": "Hey!"});
    message[field] = value;
    message.to_string()
}

#[test]
fn each_form_of_a_prompt_is_one() {
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
    for (body, words, thread) in forms {
        let read = prompt(body);
        assert_eq!(read.prompt, words, "{body}");
        assert_eq!(
            read.thread_id.as_ref().map(ThreadId::as_str),
            thread,
            "{body}"
        );
    }
}

#[test]
fn a_whole_prompt_is_read() {
    let body = r#"{"action":"prompt","id":"2","threadId":"t1","runId":"r1","messageId":"u1","prompt":"Weather in Berlin?","tools":[],"context":[{"description":"locale","value":"de-DE"}],"options":{"reasoning":true,"onGone":"grace:30","ifBusy":"interrupt"},"format":"typed"}"#;
    let request = parse(body).expect("it is whole");
    assert_eq!(request.id.as_deref(), Some("2"));
    assert_eq!(request.format, Some(Format::Typed));
    assert_eq!(
        request.message,
        ClientMessage::Prompt(Prompt {
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r1")),
            message_id: Some(MessageId::trusted("u1")),
            prompt: "Weather in Berlin?".to_owned(),
            context: vec![Context {
                description: "locale".to_owned(),
                value: "de-DE".to_owned(),
            }],
            options: options::Options {
                reasoning: true,
                on_gone: Some(OnGone::Grace(30)),
                if_busy: IfBusy::Interrupt,
            },
        })
    );
}

#[test]
fn a_wish_to_stop_and_a_wish_to_go_on_are_read() {
    let read = |body: &str| parse(body).expect("it is whole").message;
    let cancel = |thread_id, run_id| ClientMessage::Cancel(Cancel { thread_id, run_id });
    let (thread, run) = (ThreadId::trusted("t1"), RunId::trusted("r8"));
    let whole = read(r#"{"action":"cancel","threadId":"t1","runId":"r8"}"#);
    assert_eq!(whole, cancel(Some(thread.clone()), Some(run.clone())));
    assert_eq!(read(r#"{"action":"cancel"}"#), cancel(None, None));
    let whole = read(r#"{"action":"resume","threadId":"t1","runId":"r8","after":4,"epoch":2}"#);
    let resume = Resume {
        thread_id: Some(thread),
        run_id: Some(run),
        after: 4,
        epoch: 2,
    };
    assert_eq!(whole, ClientMessage::Resume(resume));
    let resume = Resume {
        thread_id: None,
        run_id: None,
        after: 0,
        epoch: 1,
    };
    assert_eq!(
        read(r#"{"action":"resume"}"#),
        ClientMessage::Resume(resume)
    );
}

#[test]
fn formats_come_by_two_names() {
    let asked =
        |more: &str| parse(&format!(r#"{{"prompt":"Hey!",{more}}}"#)).map(|read| read.format);
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
fn the_other_messages_are_read() {
    let read = |body: &str| parse(body).expect(body).message;
    assert_eq!(
        read(r#"{"action":"hello","id":"1","protocolVersion":"1.0","client":"web/0.1"}"#),
        ClientMessage::Hello(Hello)
    );
    assert_eq!(read(r#"{"action":"hello"}"#), ClientMessage::Hello(Hello));
    assert_eq!(
        read(r#"{"action":"ping","t":1763681477123}"#),
        ClientMessage::Ping(Ping {
            t: Some(1_763_681_477_123_u64.into())
        })
    );
    let page = |limit, before| {
        ClientMessage::History(History {
            thread_id: None,
            wanted: Wanted::Page { limit, before },
        })
    };
    assert_eq!(read(r#"{"action":"history"}"#), page(20, None));
    let place = Some(Place { number: 9, part: 2 });
    assert_eq!(
        read(r#"{"action":"history","limit":100,"before":"c_9.2"}"#),
        page(100, place)
    );
    assert_eq!(
        read(r#"{"action":"history","threadId":"t1","messageId":"m_1","offset":7}"#),
        ClientMessage::History(History {
            thread_id: Some(ThreadId::trusted("t1")),
            wanted: Wanted::Part {
                message_id: MessageId::trusted("m_1"),
                offset: 7
            },
        })
    );
}

#[test]
fn what_is_at_its_limit_is_taken() {
    let taken = [
        json!({"prompt": "x".repeat(MAX_PROMPT_BYTES)}).to_string(),
        json!({"prompt": "ä".repeat(MAX_PROMPT_BYTES / 2)}).to_string(),
        "x".repeat(MAX_PROMPT_BYTES),
        with("id", json!("ä".repeat(64))),
        with("threadId", json!("t".repeat(128))),
        with("runId", json!("r".repeat(128))),
        with("messageId", json!("m".repeat(128))),
        with(
            "context",
            json!([{"description": "", "value": "x".repeat(8192)}]),
        ),
        with(
            "context",
            json!(vec![json!({"description": "a", "value": "b"}); 32]),
        ),
        with("options", json!({"onGone": "grace:1"})),
        with("options", json!({"onGone": "grace:900"})),
        with("options", json!({"onGone": "finish", "unknown": 1})),
        json!({"storyType": "x".repeat(64)}).to_string(),
        json!({"action": "history", "limit": 1}).to_string(),
        with(
            "padding",
            json!("x".repeat(MAX_MESSAGE_BYTES - with("padding", json!("")).len())),
        ),
    ];
    for body in taken {
        assert!(parse(&body).is_ok(), "{:.80}", body);
    }
}

#[test]
fn what_is_wrong_is_named() {
    use Code::{
        InvalidJson, InvalidMessage, PayloadTooLarge, UnknownAction, UnsupportedFormat,
        UnsupportedVersion,
    };
    let tool = |name: &str, parameters| json!({"name": name, "parameters": parameters});
    let table: Vec<(String, Code, &str)> = vec![
        // no JSON
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
        // JSON, but no message
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
        (r#"{"action":""}"#.into(), UnknownAction, "`action`"),
        (
            r#"{"action":"Prompt","prompt":"x"}"#.into(),
            UnknownAction,
            "`action`",
        ),
        (
            r#"{"action":"run","threadId":"t1","runId":"r1","messages":[]}"#.into(),
            UnknownAction,
            "run",
        ),
        (
            r#"{"threadId":"t1","runId":"r1","messages":[]}"#.into(),
            UnknownAction,
            "run",
        ),
        (
            r#"{"action":"tool_result","toolCallId":"x"}"#.into(),
            UnknownAction,
            "tool_result",
        ),
        (
            r#"{"action":"approval","interruptId":"i"}"#.into(),
            UnknownAction,
            "approval",
        ),
        // ids
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
        // the words
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
        (
            with("padding", json!("x".repeat(MAX_MESSAGE_BYTES))),
            PayloadTooLarge,
            "32768",
        ),
        (
            format!("{{{}", "x".repeat(MAX_MESSAGE_BYTES)),
            PayloadTooLarge,
            "32768",
        ),
        // options, tools, context
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
            with("options", json!({"ifBusy": "maybe"})),
            InvalidMessage,
            "`options.ifBusy`",
        ),
        (
            json!({"action": "resume", "after": -1}).to_string(),
            InvalidMessage,
            "`after`",
        ),
        (
            json!({"action": "resume", "epoch": 0}).to_string(),
            InvalidMessage,
            "`epoch` must be 1 or more",
        ),
        (
            json!({"action": "cancel", "runId": "a run"}).to_string(),
            InvalidMessage,
            "`runId`",
        ),
        (
            with("supersede", json!("yes")),
            InvalidMessage,
            "`supersede` must be a boolean",
        ),
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
            with("tools", json!(vec![tool("x", json!({})); 32])),
            InvalidMessage,
            "`tools` of the client are not available",
        ),
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
        // formats and versions
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
        (
            r#"{"action":"hello","protocolVersion":"2.0"}"#.into(),
            UnsupportedVersion,
            "`protocolVersion` must be 1.x",
        ),
        (
            r#"{"action":"hello","protocolVersion":"10"}"#.into(),
            UnsupportedVersion,
            "`protocolVersion`",
        ),
        (
            r#"{"action":"hello","protocolVersion":""}"#.into(),
            UnsupportedVersion,
            "`protocolVersion`",
        ),
        (
            r#"{"action":"hello","protocolVersion":1}"#.into(),
            InvalidMessage,
            "`protocolVersion` must be a string",
        ),
        (
            r#"{"action":"ping","t":"now"}"#.into(),
            InvalidMessage,
            "`t` must be a number",
        ),
        // history
        (
            r#"{"action":"history","limit":0}"#.into(),
            InvalidMessage,
            "`limit` must be 1 to 100",
        ),
        (
            r#"{"action":"history","limit":101}"#.into(),
            InvalidMessage,
            "`limit` must be 1 to 100",
        ),
        (
            r#"{"action":"history","limit":-1}"#.into(),
            InvalidMessage,
            "`limit` must be a whole number",
        ),
        (
            r#"{"action":"history","limit":1.5}"#.into(),
            InvalidMessage,
            "`limit` must be a whole number",
        ),
        (
            r#"{"action":"history","before":"yesterday"}"#.into(),
            InvalidMessage,
            "`before`",
        ),
        (
            r#"{"action":"history","before":7}"#.into(),
            InvalidMessage,
            "`before` must be a string",
        ),
        (
            r#"{"action":"history","offset":5}"#.into(),
            InvalidMessage,
            "`offset` needs a `messageId`",
        ),
        (
            r#"{"action":"history","messageId":"m_1","offset":"x"}"#.into(),
            InvalidMessage,
            "`offset` must be a whole number",
        ),
    ];
    assert!(table.len() >= 60);
    for (body, code, names) in table {
        let error = refusal(&body);
        assert_eq!(error.code, code, "{body:.120}: {}", error.message);
        assert!(
            error.message.contains(names),
            "{body:.120}: {}",
            error.message
        );
        assert!(error.message.len() < 250, "{body:.120}: {}", error.message);
    }
}

#[test]
fn a_refusal_carries_what_could_be_read() {
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
    let shaped = parse(r#"{"prompt":"","format":"text"}"#).expect_err("it is blank");
    assert_eq!(shaped.format, Some(Format::Text));
}

#[test]
fn a_refusal_tells_nothing_back_that_is_long() {
    let error = refusal(&json!({"action": "secret ".repeat(1_000)}).to_string());
    assert!(error.message.len() < 200, "{}", error.message);
    let error = refusal(&with("options", json!({"reasoning": "a secret"})));
    assert!(!error.message.contains("secret"), "{}", error.message);
}
