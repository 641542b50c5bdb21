//! Frames of clients.

use longwire_core::shape::Format;
use longwire_protocol::frame::{MAX_FRAME_BYTES, MAX_REQUEST_BYTES};
use longwire_protocol::request::parse;
use proptest::prelude::*;

use crate::damage::damaged;
use crate::options::Options;
use crate::run::{measured, run};

/// Frames of docs/protocol.md, and some at the edges of its limits.
const FRAMES: &[&str] = &[
    r#"{"action":"hello","id":"1","protocolVersion":"1.0","client":"web/0.1"}"#,
    r#"{"action":"auth","id":"1","token":"a.b.c"}"#,
    r#"{"action":"ticket","id":"1"}"#,
    r#"{"prompt":"Hey!"}"#,
    r#"{"action":"prompt","id":"2","threadId":"t1","runId":"r1","messageId":"u1","prompt":"Hey!","context":[{"description":"locale","value":"de-DE"}],"options":{"reasoning":true,"onGone":"grace:30","ifBusy":"queue","notify":{"content":true}}}"#,
    r#"{"action":"prompt","prompt":"Hey!","tools":[{"name":"get_location","description":"…","parameters":{"type":"object"}}]}"#,
    r#"{"message":"Hey!","sessionId":"s","format":"simple","response":"transformed"}"#,
    r#"{"storyType":"CATS"}"#,
    r#"{"action":"cancel","id":"3","threadId":"t1","runId":"r8"}"#,
    r#"{"action":"steer","threadId":"t1","runId":"r7","messageId":"s1","text":"in Celsius"}"#,
    r#"{"action":"resume","threadId":"t1","runId":"r7","after":4,"epoch":1}"#,
    r#"{"action":"history","threadId":"t1","limit":20,"before":"c_9.2"}"#,
    r#"{"action":"history","threadId":"t1","messageId":"m_1","offset":16384}"#,
    r#"{"action":"inbox","id":"6","after":12,"limit":50}"#,
    r#"{"action":"seen","id":"7","upTo":13}"#,
    r#"{"action":"join","id":"8","room":"team-a:1"}"#,
    r#"{"action":"leave","id":"9","room":"ops"}"#,
    r#"{"action":"ping","t":1763681477123}"#,
    "Hey!",
    "ping",
    "",
];

/// Longest error response, in bytes. It repeats the ids of the request and at most 64 characters of an action.
const MAX_ERROR: usize = 2_000;

/// Memory for a frame: a tree of JSON has some 80 bytes for a character, such as in `[[[[`.
const MAX_MEMORY: usize = 200;

pub(crate) fn fuzz(options: &Options) -> bool {
    let frames = FRAMES.iter().map(|&frame| frame.to_owned()).collect();
    // API Gateway passes on up to 128 KB; the parser refuses what is longer than a frame.
    let inputs = damaged(frames, 2 * MAX_REQUEST_BYTES);
    run("requests", options, &inputs, |body| check(&body))
}

fn check(body: &str) -> Result<(), TestCaseError> {
    let (parsed, memory) = measured(|| parse(body));
    prop_assert!(
        memory <= MAX_MEMORY * body.len() + 64 * 1024,
        "{memory} bytes of memory for {} bytes",
        body.len()
    );
    let Err(refusal) = parsed else {
        prop_assert!(
            body.len() <= MAX_REQUEST_BYTES,
            "a frame that is too long was accepted"
        );
        return Ok(());
    };
    let error = refusal.error;
    prop_assert!(
        !error.code.name().is_empty() && error.message.ends_with('.'),
        "{error:?}"
    );
    for format in Format::ALL {
        let rendered = error.render(format);
        prop_assert!(
            rendered.len() <= MAX_ERROR && rendered.len() <= MAX_FRAME_BYTES,
            "an error of {} bytes",
            rendered.len()
        );
    }
    Ok(())
}
