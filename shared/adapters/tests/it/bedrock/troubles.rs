//! What may go wrong at the model, before its answer and within it.

use std::time::Duration;

use futures::StreamExt;
use longwire_adapters::bedrock::{IDLE, Settings};
use longwire_agent::model::{Model, ModelErrorKind};
use tokio::time::Instant;

use super::server::{Piece, Server, exception, until};
use super::{answer, end, question, refusal, said, stopped, text};

const MODEL: &str = "amazon.nova-2-lite-v1:0";

#[tokio::test]
async fn a_refusal_is_understood_and_not_repeated() {
    use ModelErrorKind::{
        AccessDenied, ContextTooLong, Invalid, Stream, Throttled, Timeout, Unavailable,
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
async fn a_page_in_place_of_json_is_a_refusal_too() {
    let server = Server::refusing(503, None, "<html>down</html>").await;
    assert_eq!(refusal(&server).await, ModelErrorKind::Unavailable);
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let server = Server::silent().await;
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(aws_sdk_bedrockruntime::config::BehaviorVersion::v2026_01_12())
        .region(aws_sdk_bedrockruntime::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_bedrockruntime::config::Credentials::new(
            "k", "s", None, None, "test",
        ))
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let client = aws_sdk_bedrockruntime::Client::from_conf(config);
    let bedrock = longwire_adapters::bedrock::Bedrock::new(client, Settings::new(MODEL));
    let error = bedrock.stream(question()).await.err().expect("nobody");
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_exception_within_the_answer_is_its_last_item() {
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
        ("somethingNewException", "oh", ModelErrorKind::Stream),
    ] {
        let mut pieces = said("Hi");
        pieces.push(exception(code, &format!(r#"{{"message":"{message}"}}"#)));
        pieces.push(stopped("end_turn"));
        let (deltas, error) = answer(pieces).await;
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
async fn an_end_without_message_stop_is_an_error() {
    let (deltas, error) = answer(said("Hi")).await;
    assert_eq!(deltas, [text(0, "Hi")]);
    let error = error.expect("an error");
    assert_eq!(error.kind, ModelErrorKind::Stream);
    assert_eq!(error.detail, "the stream ended without messageStop");
    assert_eq!(
        answer(Vec::new()).await.1.map(|error| error.kind),
        Some(ModelErrorKind::Stream)
    );
}

#[tokio::test]
async fn a_cut_or_spoiled_frame_and_a_broken_line_are_errors() {
    let Piece::Bytes(stop) = stopped("end_turn") else {
        panic!("a frame")
    };
    let cut = Piece::Bytes(stop[..stop.len() - 5].to_vec());
    let mut spoiled = stop.clone();
    spoiled[30] ^= 1;
    for last in [cut, Piece::Bytes(spoiled), Piece::Break] {
        let mut pieces = said("Hi");
        pieces.push(last.clone());
        let (deltas, error) = answer(pieces).await;
        assert_eq!(deltas, [text(0, "Hi")], "{last:?}");
        let error = error.expect("an error");
        assert_eq!(error.kind, ModelErrorKind::Stream, "{last:?}");
        assert!(!error.detail.contains("stopReason"), "{}", error.detail);
    }
}

#[tokio::test]
async fn trouble_after_the_answer_does_not_spoil_it() {
    for trouble in [
        Piece::Break,
        exception("internalServerException", r#"{"message":"oh"}"#),
    ] {
        let mut pieces = said("Hi");
        pieces.extend([stopped("end_turn"), trouble]);
        assert_eq!(answer(pieces).await, (vec![text(0, "Hi"), end()], None));
    }
}

#[tokio::test]
async fn silence_within_the_answer_ends_at_the_idle_limit() {
    let mut pieces = said("Hi");
    pieces.push(Piece::Silence);
    let server = Server::saying(pieces).await;
    let mut stream = server
        .bedrock()
        .stream(question())
        .await
        .expect("an answer");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    // From here on nobody has anything to do but to wait, so the clock runs ahead.
    tokio::time::pause();
    let began = Instant::now();
    let error = stream.next().await.expect("an item").expect_err("silence");
    assert_eq!(error.kind, ModelErrorKind::Timeout);
    assert_eq!(began.elapsed().as_secs(), IDLE.as_secs());
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn silence_before_the_answer_ends_at_the_idle_limit() {
    let server = Server::silent().await;
    let settings = Settings {
        idle: Duration::from_secs(90),
        ..Settings::new(MODEL)
    };
    let bedrock = server.bedrock_with(settings);
    let asked = tokio::spawn(async move {
        let began = Instant::now();
        let error = bedrock.stream(question()).await.err().expect("silence");
        (error.kind, began.elapsed())
    });
    until(|| server.requests().len() == 1).await;
    tokio::time::pause();
    let (kind, waited) = asked.await.expect("no panic");
    assert_eq!(kind, ModelErrorKind::Timeout);
    assert!((90..92).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_count_that_does_not_come_is_not_waited_for_long() {
    let mut pieces = said("Hi");
    pieces.extend([stopped("end_turn"), Piece::Silence]);
    let server = Server::saying(pieces).await;
    let mut stream = server
        .bedrock()
        .stream(question())
        .await
        .expect("an answer");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    assert_eq!(stream.next().await, Some(Ok(end())));
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(stream.next().await, None);
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn dropping_the_stream_hangs_up_on_the_model() {
    let mut pieces = said("Hi");
    pieces.push(Piece::Silence);
    let server = Server::saying(pieces).await;
    let mut stream = server
        .bedrock()
        .stream(question())
        .await
        .expect("an answer");
    assert_eq!(stream.next().await, Some(Ok(text(0, "Hi"))));
    assert_eq!(server.over(), 0);
    drop(stream);
    until(|| server.over() == 1).await;
}
