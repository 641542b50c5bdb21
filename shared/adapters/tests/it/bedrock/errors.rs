//! Errors of the model, before and within its reply.

use std::time::Duration;

use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::{Client, Config};
use futures::StreamExt;
use longwire_adapters::bedrock::Bedrock;
use longwire_adapters::bedrock::settings::{IDLE, Settings};
use longwire_agent::model::{Model, ModelErrorKind};
use tokio::time::Instant;

use crate::bedrock::server::{Chunk, Server, error_event, exception, until};
use crate::bedrock::{end_turn, message_stop, refusal, reply, request, text, text_events};

const MODEL: &str = "amazon.nova-2-lite-v1:0";

#[tokio::test]
async fn a_refusal_is_converted_and_not_retried() {
    use ModelErrorKind::{
        AccessDenied, ContextTooLong, Invalid, QuotaUsedUp, Stream, Throttled, Timeout, Unavailable,
    };
    for (status, code, message, kind) in [
        (
            429,
            Some("ThrottlingException"),
            "Too many tokens",
            Throttled,
        ),
        (
            503,
            Some("ServiceUnavailableException"),
            "busy",
            Unavailable,
        ),
        (500, Some("InternalServerException"), "oh", Unavailable),
        (
            429,
            Some("ModelNotReadyException"),
            "warming up",
            Unavailable,
        ),
        (424, Some("ModelErrorException"), "oh", Unavailable),
        (408, Some("ModelTimeoutException"), "slow", Timeout),
        (424, Some("ModelStreamErrorException"), "oh", Stream),
        (403, Some("AccessDeniedException"), "not you", AccessDenied),
        (
            404,
            Some("ResourceNotFoundException"),
            "no such model",
            AccessDenied,
        ),
        (403, Some("ExpiredTokenException"), "expired", AccessDenied),
        (
            400,
            Some("ValidationException"),
            "messages: text content blocks must be non-empty",
            Invalid,
        ),
        (
            400,
            Some("ValidationException"),
            "Input is too long for requested model.",
            ContextTooLong,
        ),
        (
            400,
            Some("ValidationException"),
            "prompt is too long: 250000 tokens > 200000 maximum",
            ContextTooLong,
        ),
        (
            400,
            Some("ValidationException"),
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
            ContextTooLong,
        ),
        (
            400,
            Some("ValidationException"),
            "max_tokens: 200000 > 64000",
            Invalid,
        ),
        (502, None, "Bad Gateway", Unavailable),
        (
            429,
            Some("ThrottlingException"),
            "Too many tokens per day, please wait before trying again.",
            QuotaUsedUp,
        ),
        (
            400,
            Some("ValidationException"),
            "too many total text bytes: 17929476 > 16000000",
            ContextTooLong,
        ),
        (
            424,
            Some("ModelErrorException"),
            "Input is too long for requested model.",
            ContextTooLong,
        ),
        (429, None, "slow down", Throttled),
        (401, Some("SomethingNew"), "who?", AccessDenied),
        (413, Some("SomethingNew"), "big", Invalid),
    ] {
        let body = format!(r#"{{"message":"{message}"}}"#);
        let server = Server::refusing(status, code, &body).await;
        assert_eq!(refusal(&server).await, kind, "{status} {code:?} {message}");
        assert_eq!(server.requests().len(), 1, "{status} {code:?}");
    }
}

#[tokio::test]
async fn an_html_error_page_is_converted_by_its_status() {
    let server = Server::refusing(503, None, "<html>down</html>").await;
    assert_eq!(refusal(&server).await, ModelErrorKind::Unavailable);
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let server = Server::silent().await;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let client = Client::from_conf(config);
    let bedrock = Bedrock::new(client, Settings::new(MODEL));
    let error = bedrock.stream(request()).await.err().expect("an error");
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_exception_within_the_reply_is_its_last_item() {
    for (code, message, kind) in [
        ("throttlingException", "Too many", ModelErrorKind::Throttled),
        ("internalServerException", "oh", ModelErrorKind::Unavailable),
        (
            "serviceUnavailableException",
            "oh",
            ModelErrorKind::Unavailable,
        ),
        ("modelStreamErrorException", "oh", ModelErrorKind::Stream),
        ("validationException", "bad", ModelErrorKind::Invalid),
        (
            "validationException",
            "Input is too long",
            ModelErrorKind::ContextTooLong,
        ),
        (
            "modelStreamErrorException",
            "Input is too long for requested model.",
            ModelErrorKind::ContextTooLong,
        ),
        (
            "throttlingException",
            "Too many tokens per day",
            ModelErrorKind::QuotaUsedUp,
        ),
        (
            "accessDeniedException",
            "not you",
            ModelErrorKind::AccessDenied,
        ),
        ("modelTimeoutException", "slow", ModelErrorKind::Timeout),
        ("somethingNewException", "oh", ModelErrorKind::Stream),
    ] {
        let mut chunks = text_events("Hi");
        chunks.push(exception(code, &format!(r#"{{"message":"{message}"}}"#)));
        chunks.push(message_stop("end_turn"));
        let (deltas, error) = reply(chunks).await;
        let error = error.expect(code);
        assert_eq!(
            (deltas, error.kind),
            (vec![text(0, "Hi")], kind),
            "{code}: {}",
            error.detail
        );
    }
}

#[tokio::test]
async fn the_status_with_which_the_model_answered_decides() {
    for (status, kind) in [
        (429, ModelErrorKind::Throttled),
        (400, ModelErrorKind::Invalid),
        (500, ModelErrorKind::Stream),
    ] {
        let body = format!(r#"{{"message":"oh","originalStatusCode":{status}}}"#);
        let (_, error) = reply(vec![exception("modelStreamErrorException", &body)]).await;
        assert_eq!(error.expect("an error").kind, kind, "{status}");
    }
}

#[tokio::test]
async fn an_error_event_keeps_its_name() {
    let (_, error) = reply(vec![error_event("InternalFailure", "oh")]).await;
    let error = error.expect("an error");
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(
        error.detail.starts_with("InternalFailure: oh"),
        "{}",
        error.detail
    );
}

#[tokio::test]
async fn an_end_without_message_stop_is_an_error() {
    let (deltas, error) = reply(text_events("Hi")).await;
    assert_eq!(deltas, [text(0, "Hi")]);
    let error = error.expect("an error");
    assert_eq!(error.kind, ModelErrorKind::Stream);
    assert_eq!(error.detail, "the stream ended without messageStop");
    assert_eq!(
        reply(Vec::new()).await.1.map(|error| error.kind),
        Some(ModelErrorKind::Stream)
    );
}

#[tokio::test]
async fn an_incomplete_or_corrupt_frame_and_a_broken_connection_are_errors() {
    let Chunk::Bytes(stop) = message_stop("end_turn") else {
        panic!("not a frame")
    };
    let incomplete = Chunk::Bytes(stop[..stop.len() - 5].to_vec());
    let mut corrupt = stop.clone();
    corrupt[30] ^= 1;
    for last in [incomplete, Chunk::Bytes(corrupt), Chunk::Break] {
        let mut chunks = text_events("Hi");
        chunks.push(last.clone());
        let (deltas, error) = reply(chunks).await;
        assert_eq!(deltas, [text(0, "Hi")], "{last:?}");
        let error = error.expect("an error");
        assert_eq!(error.kind, ModelErrorKind::Stream, "{last:?}");
        assert!(!error.detail.contains("stopReason"), "{}", error.detail);
    }
}

#[tokio::test]
async fn an_error_after_the_stop_reason_is_ignored() {
    for error in [
        Chunk::Break,
        exception("internalServerException", r#"{"message":"oh"}"#),
    ] {
        let mut chunks = text_events("Hi");
        chunks.extend([message_stop("end_turn"), error]);
        assert_eq!(reply(chunks).await, (vec![text(0, "Hi"), end_turn()], None));
    }
}

#[tokio::test]
async fn a_stream_without_events_ends_at_the_idle_limit() {
    let mut chunks = text_events("Hi");
    chunks.push(Chunk::Silence);
    let server = Server::sending(chunks).await;
    let mut stream = server.bedrock().stream(request()).await.expect("a reply");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    // With the clock paused and every task waiting, time advances to the next timer.
    tokio::time::pause();
    let started = Instant::now();
    let error = stream
        .next()
        .await
        .expect("an item")
        .expect_err("a timeout");
    assert_eq!(error.kind, ModelErrorKind::Timeout);
    assert_eq!(started.elapsed().as_secs(), IDLE.as_secs());
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_request_without_a_response_ends_at_the_idle_limit() {
    let server = Server::silent().await;
    let settings = Settings {
        idle: Duration::from_secs(90),
        ..Settings::new(MODEL)
    };
    let bedrock = server.bedrock_with(settings);
    let call = tokio::spawn(async move {
        let started = Instant::now();
        let error = bedrock.stream(request()).await.err().expect("a timeout");
        (error.kind, started.elapsed())
    });
    until(|| server.requests().len() == 1).await;
    tokio::time::pause();
    let (kind, waited) = call.await.expect("no panic");
    assert_eq!(kind, ModelErrorKind::Timeout);
    assert!((90..92).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn missing_metadata_is_awaited_for_five_seconds() {
    let mut chunks = text_events("Hi");
    chunks.extend([message_stop("end_turn"), Chunk::Silence]);
    let server = Server::sending(chunks).await;
    let mut stream = server.bedrock().stream(request()).await.expect("a reply");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    assert_eq!(stream.next().await, Some(Ok(end_turn())));
    tokio::time::pause();
    let started = Instant::now();
    assert_eq!(stream.next().await, None);
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let mut chunks = text_events("Hi");
    chunks.push(Chunk::Silence);
    let server = Server::sending(chunks).await;
    let mut stream = server.bedrock().stream(request()).await.expect("a reply");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    assert_eq!(server.ended(), 0);
    drop(stream);
    until(|| server.ended() == 1).await;
}

#[tokio::test]
async fn a_setting_that_the_model_refuses_fails_every_request_and_none_is_sent() {
    let server = Server::silent().await;
    let settings = Settings {
        temperature: Some(0.5),
        ..Settings::new("us.anthropic.claude-sonnet-5-5")
    };
    let reply = server.bedrock_with(settings).stream(request()).await;
    let error = reply.err().expect("an error");
    assert_eq!(error.kind, ModelErrorKind::Misconfigured);
    assert!(
        error.detail.starts_with("TEMPERATURE: "),
        "{}",
        error.detail
    );
    assert!(server.requests().is_empty());
}
