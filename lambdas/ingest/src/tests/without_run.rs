//! Requests that concern no run: `ping`, `hello`, and refusals.

use insta::assert_snapshot;
use serde_json::json;

use super::mocks::{NOW, connected, found};
use super::{answer, answer_to, changed};

#[tokio::test]
async fn ping_reads_no_row() {
    assert_snapshot!(answer(&[], r#"{"action":"ping","t":1763681477123}"#).await,
        @r#"{"type":"pong","t":1763681477123,"now":1707503008941}"#);
    assert_snapshot!(answer(&[], r#"{"action":"ping","id":"p","format":"text"}"#).await,
        @r#"{"type":"pong","id":"p","now":1707503008941}"#);
}

#[tokio::test]
async fn a_heartbeat_is_answered_in_plain_text_in_all_formats() {
    assert_eq!(answer(&[&connected("agui")], "PING").await, "pong");
    assert_eq!(
        answer(&[&connected("bedrock")], " heartbeat ").await,
        "pong"
    );
}

#[tokio::test]
async fn a_heartbeat_is_a_request_of_a_known_connection() {
    let gone = found("connections", "S3Ay8cFPIAMCIow=", None);
    assert!(answer(&[&gone], "ping").await.contains("unauthorized"));
}

#[tokio::test]
async fn hello_returns_the_limits_and_features() {
    let row = connected("agui");
    assert_snapshot!(answer(&[&row], r#"{"action":"hello","id":"1","protocolVersion":"1.0"}"#).await,
        @r#"{"type":"ready","id":"1","v":1,"protocolVersion":"1.0","connectionId":"S3Ay8cFPIAMCIow=","user":"anonymous","threadId":"t1","limits":{"maxIn":32768,"maxOut":28672,"maxPrompt":24576,"idleSec":600,"maxConnectionSec":7200,"replaySec":3600},"features":["approval","history","inbox","notify","push","resume","run","steer","ticket","tools"],"formats":["agui","blocks","typed","simple","bedrock","text"]}"#);
}

#[tokio::test]
async fn a_refusal_has_the_format_of_the_connection() {
    let bad = r#"{"action":"prompt","id":"9","runId":"r1","prompt":" "}"#;
    let refused = async |format| answer(&[&connected(format)], bad).await;
    assert_snapshot!(refused("agui").await,
        @r#"{"type":"error","id":"9","code":"invalid_message","message":"`prompt` must not be empty or blank.","runId":"r1"}"#);
    assert_snapshot!(refused("blocks").await, @r#"{"event":"error","data":"`prompt` must not be empty or blank."}"#);
    assert_snapshot!(refused("typed").await, @r#"{"type":"error","message":"`prompt` must not be empty or blank."}"#);
    assert_snapshot!(refused("simple").await, @r#"{"type":"error","value":"`prompt` must not be empty or blank."}"#);
    assert_snapshot!(refused("bedrock").await, @r#"{"error":{"code":"invalid_message","message":"`prompt` must not be empty or blank."}}"#);
    assert_snapshot!(refused("text").await, @"[error] `prompt` must not be empty or blank.");
}

#[tokio::test]
async fn a_request_may_ask_for_another_format() {
    let bad = r#"{"action":"fork","format":"simple"}"#;
    assert_snapshot!(answer(&[&connected("agui")], bad).await,
        @r#"{"type":"error","value":"There is no `action` \"fork\" here; there are hello, auth, ticket, prompt, run, tool_result, approval, steer, cancel, resume, history, usage, inbox, seen, join, leave and ping."}"#);
    let hello = r#"{"action":"hello","format":"text"}"#;
    assert_eq!(answer(&[&connected("agui")], hello).await, "");
}

#[tokio::test]
async fn a_frame_without_text_is_refused() {
    let binary = changed(|event| {
        event["body"] = json!("eyJwcm9tcHQiOiJIZXkhIn0=");
        event["isBase64Encoded"] = json!(true);
    });
    assert_snapshot!(answer_to(&[&connected("agui")], &binary).await,
        @r#"{"type":"error","code":"invalid_message","message":"The message must be a text frame, not a binary one."}"#);
    let missing = changed(|event| {
        event.as_object_mut().expect("an object").remove("body");
    });
    assert_snapshot!(answer_to(&[&connected("agui")], &missing).await,
        @r#"{"type":"error","code":"invalid_message","message":"`prompt` must not be empty or blank."}"#);
}

#[tokio::test]
async fn a_connection_without_a_row_is_unauthorized() {
    let gone = found("connections", "S3Ay8cFPIAMCIow=", None);
    assert_snapshot!(answer(&[&gone], r#"{"prompt":"Hey!","id":"1","runId":"r1"}"#).await,
        @r#"{"type":"error","id":"1","code":"unauthorized","message":"This connection is not known any more. Connect again.","runId":"r1"}"#);
    let expired = json!({
        "connection": "S3Ay8cFPIAMCIow=", "user": "anonymous", "thread": "anonymous/t1",
        "threadId": "t1", "format": "agui", "lines": "one", "connectedAt": NOW - 7_800, "ttl": NOW,
    });
    let expired = found("connections", "S3Ay8cFPIAMCIow=", Some(expired));
    assert!(answer(&[&expired], "Hey!").await.contains("unauthorized"));
}

#[tokio::test]
async fn an_event_without_a_connection_id_is_an_internal_error() {
    let event = changed(|event| event["requestContext"]["connectionId"] = json!(null));
    assert_snapshot!(answer_to(&[], &event).await,
        @r#"{"type":"error","code":"internal","message":"Something went wrong on our side.","retryable":true}"#);
}
