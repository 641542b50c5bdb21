//! What the model may say.

use longwire_agent::model::{Delta, StopReason, Thought};
use longwire_core::message::Usage;

use super::server::{Piece, event};
use super::{answer, end, said, stopped, text};

#[tokio::test]
async fn a_text_comes_with_its_count_after_its_end() {
    let mut pieces = said("Hi");
    pieces.extend([
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":""}}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":" there ✓"},"p":"abcd"}"#),
        event("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        stopped("end_turn"),
        event(
            "metadata",
            r#"{"usage":{"inputTokens":12,"outputTokens":3,"totalTokens":1015,"cacheReadInputTokens":900,"cacheWriteInputTokens":100},"metrics":{"latencyMs":420}}"#,
        ),
    ]);
    let (deltas, error) = answer(pieces).await;
    assert_eq!(error, None);
    let usage = Usage {
        input_tokens: 12,
        output_tokens: 3,
        total_tokens: 1015,
        cache_read_input_tokens: 900,
        cache_write_input_tokens: 100,
    };
    let metadata = Delta::Metadata {
        usage,
        latency_ms: 420,
    };
    let stop = Delta::BlockStop { block: 0 };
    assert_eq!(
        deltas,
        [text(0, "Hi"), text(0, " there ✓"), stop, end(), metadata]
    );
}

#[tokio::test]
async fn frames_may_be_cut_and_joined_anywhere() {
    let mut pieces = said("Hi");
    pieces.push(stopped("end_turn"));
    let bytes: Vec<u8> = pieces
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        })
        .collect();
    for size in [1, 7, bytes.len()] {
        let pieces = bytes
            .chunks(size)
            .map(|chunk| Piece::Bytes(chunk.to_vec()))
            .collect();
        assert_eq!(
            answer(pieces).await,
            (vec![text(0, "Hi"), end()], None),
            "{size}"
        );
    }
}

#[tokio::test]
async fn parallel_calls_come_in_pieces_and_mixed_up() {
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
    let pieces = vec![
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
        stopped("tool_use"),
    ];
    let (deltas, error) = answer(pieces).await;
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
async fn thinking_comes_with_its_seal() {
    let piece = |block: u32, piece: &str| {
        event(
            "contentBlockDelta",
            &format!(r#"{{"contentBlockIndex":{block},"delta":{{"reasoningContent":{piece}}}}}"#),
        )
    };
    let pieces = vec![
        piece(0, r#"{"text":""}"#),
        piece(0, r#"{"text":"Hm."}"#),
        piece(0, r#"{"signature":"U0VBTA=="}"#),
        piece(1, r#"{"redactedContent":"c2VhbGVk"}"#),
        piece(1, r#"{"somethingNew":{"a":1}}"#),
        stopped("end_turn"),
    ];
    let thought = |block, thought| Delta::Reasoning { block, thought };
    let expected = vec![
        thought(0, Thought::Text("Hm.".to_owned())),
        thought(0, Thought::Signature("U0VBTA==".to_owned())),
        thought(1, Thought::Redacted("c2VhbGVk".to_owned())),
        end(),
    ];
    assert_eq!(answer(pieces).await, (expected, None));
}

#[tokio::test]
async fn every_reason_to_stop_is_understood() {
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
        assert_eq!(answer(vec![stop]).await, (vec![Delta::Stop(reason)], None));
    }
}

#[tokio::test]
async fn what_this_version_does_not_know_is_skipped() {
    let mut pieces = said("Hi");
    pieces.extend([
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
        stopped("end_turn"),
    ]);
    assert_eq!(answer(pieces).await, (vec![text(0, "Hi"), end()], None));
}
