//! Replies of the model.

use longwire_agent::model::{Delta, ReasoningDelta, StopReason};
use longwire_core::message::Usage;

use crate::bedrock::server::{Chunk, event};
use crate::bedrock::{end_turn, message_stop, reply, text, text_events};

#[tokio::test]
async fn a_text_is_followed_by_its_metadata() {
    let mut chunks = text_events("Hi");
    chunks.extend([
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":""}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":" there ✓"},"p":"abcd"}"#),
        event("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        message_stop("end_turn"),
        event(
            "metadata",
            r#"{"usage":{"inputTokens":12,"outputTokens":3,"totalTokens":1015,"cacheReadInputTokens":900,"cacheWriteInputTokens":100},"metrics":{"latencyMs":420}}"#,
        ),
    ]);
    let (deltas, error) = reply(chunks).await;
    assert_eq!(error, None);
    let usage = Usage {
        input_tokens: 12,
        output_tokens: 3,
        total_tokens: 1015,
        cache_read_input_tokens: 900,
        cache_write_input_tokens: 100,
        estimated: false,
    };
    let metadata = Delta::Metadata {
        usage: Some(usage),
        latency_ms: Some(420),
    };
    let stop = Delta::BlockStop { block: 0 };
    assert_eq!(
        deltas,
        [
            text(0, "Hi"),
            text(0, " there ✓"),
            stop,
            end_turn(),
            metadata
        ]
    );
}

#[tokio::test]
async fn frames_are_read_however_the_bytes_are_split() {
    let mut chunks = text_events("Hi");
    chunks.push(message_stop("end_turn"));
    let bytes: Vec<u8> = chunks
        .into_iter()
        .flat_map(|piece| match piece {
            Chunk::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        })
        .collect();
    for size in [1, 7, bytes.len()] {
        let chunks = bytes
            .chunks(size)
            .map(|chunk| Chunk::Bytes(chunk.to_vec()))
            .collect();
        assert_eq!(
            reply(chunks).await,
            (vec![text(0, "Hi"), end_turn()], None),
            "{size}"
        );
    }
}

#[tokio::test]
async fn interleaved_tool_calls_are_read() {
    let start = |block: u32, name: &str| {
        event(
            "contentBlockStart",
            &format!(
                r#"{{"contentBlockIndex":{block},"start":{{"toolUse":{{"toolUseId":"tooluse_{block}","name":"{name}"}}}}}}"#
            ),
        )
    };
    let input = |block: u32, piece: &str| {
        let piece = serde_json::to_string(piece).expect("text");
        event(
            "contentBlockDelta",
            &format!(
                r#"{{"contentBlockIndex":{block},"delta":{{"toolUse":{{"input":{piece}}}}}}}"#
            ),
        )
    };
    let stop = |block: u32| {
        event(
            "contentBlockStop",
            &format!(r#"{{"contentBlockIndex":{block}}}"#),
        )
    };
    let chunks = vec![
        event("messageStart", r#"{"role":"assistant"}"#),
        start(1, "get_weather"),
        start(2, "current_time"),
        input(1, ""),
        input(1, "{\"loca"),
        input(2, "{\"timezone\":"),
        input(1, "tion\":\"New York\"}"),
        input(2, "\"UTC\"}"),
        stop(2),
        stop(1),
        start(3, "top_song"),
        input(3, ""),
        stop(3),
        message_stop("tool_use"),
    ];
    let (deltas, error) = reply(chunks).await;
    assert_eq!(error, None);
    let started = |block, name: &str| Delta::ToolStart {
        block,
        name: name.to_owned(),
    };
    let input = |block, json: &str| Delta::ToolInput {
        block,
        json: json.to_owned(),
    };
    assert_eq!(
        deltas,
        [
            started(1, "get_weather"),
            started(2, "current_time"),
            input(1, "{\"loca"),
            input(2, "{\"timezone\":"),
            input(1, "tion\":\"New York\"}"),
            input(2, "\"UTC\"}"),
            Delta::BlockStop { block: 2 },
            Delta::BlockStop { block: 1 },
            started(3, "top_song"),
            Delta::BlockStop { block: 3 },
            Delta::Stop(StopReason::ToolUse),
        ]
    );
}

#[tokio::test]
async fn reasoning_is_read_with_its_signature() {
    let piece = |block: u32, piece: &str| {
        event(
            "contentBlockDelta",
            &format!(r#"{{"contentBlockIndex":{block},"delta":{{"reasoningContent":{piece}}}}}"#),
        )
    };
    let chunks = vec![
        piece(0, r#"{"text":""}"#),
        piece(0, r#"{"text":"Hm."}"#),
        piece(0, r#"{"signature":"U0VBTA=="}"#),
        piece(1, r#"{"redactedContent":"c2VhbGVk"}"#),
        piece(1, r#"{"somethingNew":{"a":1}}"#),
        message_stop("end_turn"),
    ];
    let reasoning = |block, delta| Delta::Reasoning { block, delta };
    let expected = vec![
        reasoning(0, ReasoningDelta::Text("Hm.".to_owned())),
        reasoning(0, ReasoningDelta::Signature("U0VBTA==".to_owned())),
        reasoning(1, ReasoningDelta::Redacted(b"sealed".to_vec())),
        end_turn(),
    ];
    assert_eq!(reply(chunks).await, (expected, None));
}

#[tokio::test]
async fn every_stop_reason_is_converted() {
    let reasons = [
        StopReason::EndTurn,
        StopReason::ToolUse,
        StopReason::MaxTokens,
        StopReason::StopSequence,
        StopReason::GuardrailIntervened,
        StopReason::ContentFiltered,
        StopReason::MalformedModelOutput,
        StopReason::MalformedToolUse,
        StopReason::ModelContextWindowExceeded,
        StopReason::Unknown("pause_turn".to_owned()),
    ];
    for reason in reasons {
        let stop = event(
            "messageStop",
            &format!(
                r#"{{"stopReason":"{}","additionalModelResponseFields":{{"x":1}}}}"#,
                reason.name()
            ),
        );
        assert_eq!(reply(vec![stop]).await, (vec![Delta::Stop(reason)], None));
    }
}

#[tokio::test]
async fn unknown_events_are_skipped() {
    let mut chunks = text_events("Hi");
    chunks.extend([
        event("somethingNew", r#"{"a":1}"#),
        event(
            "contentBlockStart",
            r#"{"contentBlockIndex":1,"start":{"somethingNew":{}}}"#,
        ),
        event("contentBlockStart", r#"{"contentBlockIndex":1}"#),
        event(
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"somethingNew":{"b":[2]}}}"#,
        ),
        event(
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"citation":{"title":"x"}}}"#,
        ),
        event("contentBlockDelta", r#"{"contentBlockIndex":1}"#),
        message_stop("end_turn"),
    ]);
    assert_eq!(reply(chunks).await, (vec![text(0, "Hi"), end_turn()], None));
}
