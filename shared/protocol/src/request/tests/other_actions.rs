//! All actions but `prompt`.

use Code::{InvalidMessage, UnsupportedVersion};
use longwire_core::ids::{MessageId, RoomName};

use super::*;
use crate::request::history::Selection;
use crate::response::page::PageCursor;

#[test]
fn hello_is_parsed() {
    let bodies = [
        r#"{"action":"hello","id":"1","protocolVersion":"1.0","client":"web/0.1"}"#,
        r#"{"action":"hello"}"#,
    ];
    for body in bodies {
        assert_eq!(request(body), Request::Hello(Hello { device: None }));
    }
}

#[test]
fn a_client_of_another_major_version_is_refused() {
    assert_refused(&[
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
    ]);
}

#[test]
fn cancel_is_parsed() {
    assert_eq!(
        request(r#"{"action":"cancel","threadId":"t1","runId":"r8"}"#),
        Request::Cancel(Cancel {
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r8")),
        })
    );
    assert_eq!(
        request(r#"{"action":"cancel"}"#),
        Request::Cancel(Cancel {
            thread_id: None,
            run_id: None,
        })
    );
}

#[test]
fn an_invalid_cancel_is_refused() {
    assert_refused(&[(
        json!({"action": "cancel", "runId": "a run"}).to_string(),
        InvalidMessage,
        "`runId`",
    )]);
}

#[test]
fn resume_is_parsed() {
    assert_eq!(
        request(r#"{"action":"resume","threadId":"t1","runId":"r8","after":4,"epoch":2}"#),
        Request::Resume(Resume {
            thread_id: Some(ThreadId::trusted("t1")),
            run_id: Some(RunId::trusted("r8")),
            after: 4,
            epoch: 2,
        })
    );
    assert_eq!(
        request(r#"{"action":"resume"}"#),
        Request::Resume(Resume {
            thread_id: None,
            run_id: None,
            after: 0,
            epoch: 1,
        })
    );
}

#[test]
fn an_invalid_resume_is_refused() {
    assert_refused(&[
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
    ]);
}

#[test]
fn history_is_parsed() {
    let page = |limit, before| {
        Request::History(History {
            thread_id: None,
            selection: Selection::Page { limit, before },
        })
    };
    assert_eq!(request(r#"{"action":"history"}"#), page(20, None));
    assert_eq!(request(r#"{"action":"history","limit":1}"#), page(1, None));
    assert_eq!(
        request(r#"{"action":"history","limit":100,"before":"c_9.2"}"#),
        page(100, Some(PageCursor { number: 9, part: 2 }))
    );
    assert_eq!(
        request(r#"{"action":"history","threadId":"t1","messageId":"m_1","offset":7}"#),
        Request::History(History {
            thread_id: Some(ThreadId::trusted("t1")),
            selection: Selection::Part {
                message_id: MessageId::trusted("m_1"),
                offset: 7,
            },
        })
    );
}

#[test]
fn an_invalid_history_is_refused() {
    assert_refused(&[
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
    ]);
}

#[test]
fn join_and_leave_are_parsed() {
    let room = RoomName::trusted("team-a:1");
    assert_eq!(
        request(r#"{"action":"join","room":"team-a:1"}"#),
        Request::Join(Join { room: room.clone() })
    );
    assert_eq!(
        request(r#"{"action":"leave","room":"team-a:1"}"#),
        Request::Leave(Leave { room })
    );
}

#[test]
fn a_room_has_a_legal_name() {
    for action in ["join", "leave"] {
        assert_refused(&[
            (
                json!({"action": action}).to_string(),
                InvalidMessage,
                "`room` is missing",
            ),
            (
                json!({"action": action, "room": 7}).to_string(),
                InvalidMessage,
                "`room` must be a string",
            ),
            (
                json!({"action": action, "room": "a/b"}).to_string(),
                InvalidMessage,
                "`room` must be 1 to 128 characters",
            ),
            (
                json!({"action": action, "room": "ops*"}).to_string(),
                InvalidMessage,
                "`room` must be 1 to 128 characters",
            ),
        ]);
    }
}

#[test]
fn ping_is_parsed() {
    assert_eq!(
        request(r#"{"action":"ping","t":1763681477123}"#),
        Request::Ping(Ping {
            t: Some(1_763_681_477_123_u64.into())
        })
    );
}

#[test]
fn a_heartbeat_of_a_stock_client_is_no_prompt() {
    for text in [
        "ping",
        "PING",
        "Pong",
        "heartbeat",
        "HeartBeat",
        "__ping__",
        "__PING__",
        " ping\n",
        "\u{feff}ping",
    ] {
        assert_eq!(request(text), Request::Heartbeat, "{text:?}");
    }
}

#[test]
fn a_text_that_only_contains_a_heartbeat_is_a_prompt() {
    for text in ["ping me", "ping?", "pingpong", "_ping_", "2", "\"ping\""] {
        assert!(matches!(request(text), Request::Prompt(_)), "{text:?}");
    }
}

#[test]
fn an_invalid_ping_is_refused() {
    assert_refused(&[(
        r#"{"action":"ping","t":"now"}"#.into(),
        InvalidMessage,
        "`t` must be a number",
    )]);
}
