//! Cursors, subjects, contexts, keys and bodies of messages: short texts that come back to Longwire from outside.

use longwire_core::connection_job::ConnectionJob;
use longwire_core::drain_job::DrainJob;
use longwire_core::identity::AuthorizerContext;
use longwire_core::ids::{MAX_CHARS, RoomName, UserId, check};
use longwire_core::job::Job;
use longwire_core::room_job::RoomJob;
use longwire_core::rooms::Rooms;
use longwire_protocol::response::page::PageCursor;
use proptest::prelude::*;

use crate::damage::damaged;
use crate::options::Options;
use crate::run::{measured, run};

const TEXTS: &[&str] = &[
    "c_12.0",
    "c_18446744073709551615.18446744073709551615",
    "auth0|5f7c",
    "anonymous",
    r#"{"user":"u_7","groups":"[\"admin\",\"staff\"]","exp":"1764000000"}"#,
    r#"{"v":1,"connection":"Abc="}"#,
    r#"{"v":1,"drain":"Abc=","device":"phone"}"#,
    r#"{"v":1,"members":{"room":"ops","after":"Abc=","upTo":"Abd="},"event":{"id":"1"}}"#,
    r#"{"ops":["staff"],"team-*":["*"]}"#,
    r#"{"v":2,"owner":"u_7","threadId":"t1","runId":"r1","connection":"Abc="}"#,
    r#"{"v":2,"owner":"u_7","threadId":"t1","runId":"r1","replay":{"connection":"Abc=","cursor":{"after":4}}}"#,
];

/// Longest input, in bytes.
const MAX_BYTES: usize = 10_000;

/// Memory for a byte of the input.
const MAX_MEMORY: usize = 200;

pub(crate) fn fuzz(options: &Options) -> bool {
    let texts = TEXTS.iter().map(|&text| text.to_owned()).collect();
    let inputs = damaged(texts, MAX_BYTES);
    run("cursors", options, &inputs, |text| {
        let (read, memory) = measured(|| read(&text));
        prop_assert!(
            memory <= MAX_MEMORY * text.len() + 16 * 1024,
            "{memory} bytes of memory"
        );
        read
    })
}

fn read(text: &str) -> Result<(), TestCaseError> {
    if let Ok(cursor) = text.parse::<PageCursor>() {
        prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
    if let Ok(user) = UserId::of_subject(text) {
        let without_percent = user.as_str().replace('%', "");
        prop_assert!(
            user.as_str().len() <= MAX_CHARS && check(&without_percent).is_ok(),
            "{user}"
        );
        let owner = user.owner();
        prop_assert_ne!(owner.as_str(), "anonymous");
    }
    if let Ok(context) = serde_json::from_str::<AuthorizerContext>(text)
        && let Some(identity) = context.identity()
    {
        let again = AuthorizerContext::from(&identity).identity();
        prop_assert_eq!(again, Some(identity));
    }
    if let Ok(rooms) = Rooms::try_from(text.to_owned()) {
        let room = RoomName::trusted("ops");
        prop_assert!(rooms.has(&room) || !rooms.admit(&room, &["staff".to_owned()]));
    }
    // None panics; an error is logged with its text.
    let _ = DrainJob::parse(text).map_err(|error| error.to_string());
    let _ = RoomJob::parse(text).map_err(|error| error.to_string());
    let _ = Job::parse(text).map_err(|error| error.to_string());
    let _ = ConnectionJob::parse(text).map_err(|error| error.to_string());
    Ok(())
}
