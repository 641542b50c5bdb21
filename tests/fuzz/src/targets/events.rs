//! Events of services in the envelopes of AWS, as the function `push` gets them.

use longwire_core::cloud_event::CloudEvent;
use longwire_core::event_run::EventRun;
use longwire_core::ids::check as check_id;
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_protocol::response::push::{check as check_length, frame};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::bad_request::BadRequest;
use crate::damage::damaged;
use crate::envelope::{Invocation, Way, of_message};
use crate::options::Options;
use crate::request::{Request, Target};
use crate::run::{measured, run};

/// Requests of docs/push.md, and some with all that a CloudEvent may have.
const REQUESTS: &[&str] = &[
    r#"{"target":{"userId":"alice"},"event":{"specversion":"1.0","id":"evt-1","source":"/orders","type":"com.acme.order.shipped","data":{"order":"42"}}}"#,
    r#"{"target":{"userId":"@none","threadId":"t1"},"event":{"specversion":"1.0","id":"1","source":"urn:x:y","type":"RUN_FINISHED","time":"2026-11-20T23:31:17.123+01:00","datacontenttype":"application/octet-stream","data_base64":"AAEC"}}"#,
    r#"{"target":{"connectionId":"Abc="},"event":{"specversion":"1.0","id":"1","source":"https://acme.example/a?b#c","type":"t","subject":"s","dataschema":"https://acme.example/s","priority":-3,"durable":true,"data":"\n{\"type\":\"ack\"}"}}"#,
    r#"{"target":{"userId":"alice","threadId":"t1"},"event":{"specversion":"1.0","id":"1","source":"/o","type":"t","lwhop":0},"prompt":"Tell me.","notify":{"content":true}}"#,
    r#"{"target":{"room":"team-a:1"},"event":{"specversion":"1.0","id":"1","source":"/o","type":"t"}}"#,
    r#"{"specversion":"1.0","id":"1","source":"/o","type":"t","lwroom":"ops","members":"x"}"#,
    r#"{"specversion":"1.0","id":"1","source":"/o","type":"t","lwuser":"u_7","lwthread":"t1","data":[1.10,1e400,123456789012345678901234567890,null]}"#,
];

/// Longest input, in bytes: some events do not fit into a frame.
const MAX_BYTES: usize = 2 * MAX_FRAME_BYTES;

/// Memory for a byte of the input.
const MAX_MEMORY: usize = 200;

/// Longest refusal, in bytes. It is logged, and returned to the service.
const MAX_ERROR: usize = 2_000;

pub(crate) fn fuzz(options: &Options) -> bool {
    let inputs = damaged(texts(), MAX_BYTES);
    run("events", options, &inputs, |text| {
        let (checked, memory) = measured(|| check(&text));
        prop_assert!(
            memory <= MAX_MEMORY * text.len() + 64 * 1024,
            "{memory} bytes of memory for {} bytes",
            text.len()
        );
        checked
    })
}

/// The requests, and each of them in each envelope.
fn texts() -> Vec<String> {
    let alone = REQUESTS.iter().map(|&text| text.to_owned());
    let wrapped = REQUESTS.iter().flat_map(|text| {
        let notification = json!({"Type": "Notification", "MessageId": "m", "Message": text});
        let message = json!({"messageId": "m", "body": text, "eventSource": "aws:sqs"});
        [
            notification.to_string(),
            json!({"Records": [{"EventSource": "aws:sns", "Sns": notification}]}).to_string(),
            json!({"Records": [message, message]}).to_string(),
            format!(
                r#"{{"version":"0","detail-type":"longwire.push","source":"a","detail":{text}}}"#
            ),
        ]
    });
    alone.chain(wrapped).collect()
}

/// Reads a text as the payload of an invocation.
fn check(text: &str) -> Result<(), TestCaseError> {
    // The runtime of Lambda refuses what is no JSON.
    let Ok(payload) = RawValue::from_string(text.to_owned()) else {
        return Ok(());
    };
    match Invocation::read(payload) {
        Ok(Invocation::Request(request, way)) => {
            if let Way::Rule(source) = way {
                prop_assert!(text.contains("detail") && source.len() <= text.len());
            }
            check_read(Request::read(&request))
        }
        Ok(Invocation::Messages(messages)) => messages.iter().try_for_each(|message| {
            check_read(of_message(message).and_then(|request| Request::read(&request)))
        }),
        Err(error) => check_read(Err(error)),
    }
}

fn check_read(read: Result<Request, BadRequest>) -> Result<(), TestCaseError> {
    let fitting = |request: Request| Ok(check_length(&request.event).map(|()| request)?);
    match read.and_then(fitting) {
        Ok(request) => {
            let event = &request.event;
            let run = EventRun::new("0123456789abcdef", None);
            let frame = frame(event.id(), Some(u64::MAX), Some(&run), event.json());
            check_accepted(&frame, &request)
        }
        Err(error) => {
            let length = error.to_string().len();
            prop_assert!(length <= MAX_ERROR, "a refusal of {length} bytes");
            Ok(())
        }
    }
}

/// Checks that no client can take the frame for anything else, and that the target is what it seems.
fn check_accepted(frame: &str, request: &Request) -> Result<(), TestCaseError> {
    prop_assert!(frame.len() <= MAX_FRAME_BYTES && !frame.contains('\n'));
    prop_assert!(!frame.contains('\r'), "{frame}");
    let read: Value = serde_json::from_str(frame)
        .map_err(|error| TestCaseError::fail(format!("{error}: {frame}")))?;
    prop_assert_eq!(&read["type"], "push");
    prop_assert_eq!(&read["id"], request.event.id());
    let again = CloudEvent::parse(request.event.json())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(again.json().get(), request.event.json().get());
    prop_assert_eq!(again.id(), request.event.id());
    prop_assert_eq!(again.source(), request.event.source());
    prop_assert!(!again.id().is_empty() && !again.source().is_empty() && !again.kind().is_empty());
    if let Some(durable) = &request.durable {
        let key = durable.collapse_key.as_deref().unwrap_or("-");
        prop_assert!((1..=604_800).contains(&durable.keep) && !key.is_empty() && key.len() <= 512);
        prop_assert!(
            !durable.user.as_str().contains(['/', '#']),
            "{}",
            durable.user
        );
    }
    if let Some(prompt) = &request.prompt {
        prop_assert!(!prompt.text.trim().is_empty() && prompt.text.len() <= 24 * 1024);
        prop_assert!(request.event.extension("lwhop").is_none_or(|hop| hop == 0));
    }
    match &request.target {
        Target::User(user) => prop_assert!(!user.as_str().contains(['/', '#']), "{user}"),
        Target::Thread { user, thread } => {
            prop_assert!(!user.as_str().contains(['/', '#']), "{user}");
            prop_assert!(check_id(thread.as_str()).is_ok(), "{thread}");
        }
        Target::Connection(connection) => prop_assert!(!connection.as_str().is_empty()),
        Target::Room(members) => {
            prop_assert!(members.are_all(), "no service can name a part");
            prop_assert!(check_id(members.room.as_str()).is_ok(), "{}", members.room);
        }
    }
    Ok(())
}
