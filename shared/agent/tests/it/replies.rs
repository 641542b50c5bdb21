//! Replies of the model: events for the client, messages for the store.

use longwire_agent::model::{Delta, Part, ReasoningDelta, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::message::{Block, Role, Usage};
use longwire_core::run::RunErrorCode;

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::tools;

/// Arguments of `current_time`.
const ZONE: &str = r#"{"timezone":"UTC"}"#;

async fn play(script: &Script, reasoning: bool) -> Observed {
    Scenario {
        reasoning,
        ..Scenario::new(script, &tools())
    }
    .play()
    .await
}

#[tokio::test(start_paused = true)]
async fn text_is_sent_in_pieces_and_stored_whole() {
    let script = Script::of([reply(
        [text(0, "Hel"), text(0, "lo"), end(0)],
        StopReason::EndTurn,
    )]);
    let observed = play(&script, false).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let [Block::Text { id, text }] = observed.messages()[0].blocks.as_slice() else {
        panic!("one text")
    };
    assert_eq!(text, "Hello");
    assert_eq!(
        observed.events[1]["messageId"],
        id.as_str(),
        "the stored text has the id that was streamed"
    );
    let summary = observed.summary();
    assert_eq!(
        summary.first().map(String::as_str),
        Some("STEP_STARTED turn-1")
    );
    assert_eq!(
        summary.last().map(String::as_str),
        Some("STEP_FINISHED turn-1 (end_turn)")
    );
    let sent: String = observed
        .events
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!(sent, "Hello");
}

#[tokio::test(start_paused = true)]
async fn interleaved_calls_get_their_results_in_the_order_of_the_calls() {
    let deltas = [
        call(0, "current_time"),
        call(1, "no_such_tool"),
        input(0, "{\"timezone\":"),
        input(1, "{\"a\":1}"),
        input(0, "\"UTC\"}"),
        end(1),
        end(0),
    ];
    let script = Script::of([
        reply(deltas, StopReason::ToolUse),
        reply([text(0, "Done."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script, false).await;
    let results: Vec<_> = observed
        .summary()
        .into_iter()
        .filter(|entry| entry.starts_with("TOOL_CALL_RESULT"))
        .collect();
    assert_eq!(results.len(), 2, "{:#?}", observed.summary());
    assert!(
        results[0].contains("21 November 2026") && results[0].ends_with("(success)"),
        "{}",
        results[0]
    );
    assert!(
        results[1].contains("no tool named") && results[1].ends_with("(error)"),
        "{}",
        results[1]
    );

    let step = &observed.steps[0];
    assert_eq!(
        step.messages
            .iter()
            .map(|message| message.role)
            .collect::<Vec<_>>(),
        [Role::Assistant, Role::User]
    );
    let requests = script.requests.lock().expect("one test, one thread");
    let parts: Vec<_> = requests[1]
        .turns
        .last()
        .expect("it has turns")
        .parts
        .iter()
        .collect();
    assert!(
        matches!(parts[0], Part::ToolResult { error: false, .. }),
        "{parts:?}"
    );
    assert!(
        matches!(parts[1], Part::ToolResult { error: true, .. }),
        "{parts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn calls_belong_to_the_text_before_them() {
    let deltas = [
        text(0, "Let me see."),
        end(0),
        call(1, "current_time"),
        end(1),
        call(2, "current_time"),
        end(2),
    ];
    let script = Script::of([
        reply(deltas, StopReason::ToolUse),
        reply([text(0, "So."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script, false).await;
    let starts: Vec<_> = observed
        .events
        .iter()
        .filter(|event| event["type"] == "TOOL_CALL_START")
        .collect();
    assert_eq!(starts.len(), 2);
    assert!(
        starts
            .iter()
            .all(|start| start["parentMessageId"] == observed.events[1]["messageId"])
    );
    let args: Vec<_> = observed
        .events
        .iter()
        .filter(|event| event["type"] == "TOOL_CALL_ARGS")
        .collect();
    assert!(
        args.iter().all(|event| event["delta"] == "{}"),
        "a call without arguments has an empty object: {args:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn reasoning_is_stored_with_its_signature_and_sent_only_on_request() {
    let reasoning = |delta| Delta::Reasoning { block: 0, delta };
    for (requested, sent) in [(true, 5), (false, 0)] {
        let script = Script::of([reply(
            [
                reasoning(ReasoningDelta::Text("Hmm".to_owned())),
                reasoning(ReasoningDelta::Signature("signature".to_owned())),
                end(0),
                Delta::Reasoning {
                    block: 1,
                    delta: ReasoningDelta::Redacted(vec![0, 0]),
                },
                end(1),
                text(2, "Yes."),
                end(2),
            ],
            StopReason::EndTurn,
        )]);
        let observed = play(&script, requested).await;
        let events = observed
            .summary()
            .iter()
            .filter(|entry| entry.starts_with("REASONING"))
            .count();
        assert_eq!(events, sent, "requested: {requested}");
        let signed = Block::Reasoning {
            text: "Hmm".to_owned(),
            signature: Some("signature".to_owned()),
        };
        assert_eq!(observed.messages()[0].blocks[0], signed);
        assert_eq!(
            observed.messages()[0].blocks[1],
            Block::RedactedReasoning {
                data: "AAA=".to_owned()
            }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_call_gets_an_error_result_and_is_not_run() {
    let script = Script::of([reply(
        [call(0, "current_time"), input(0, "{\"time")],
        StopReason::MaxTokens,
    )]);
    let observed = play(&script, false).await;
    assert_eq!(observed.outcome(), Outcome::Truncated);
    let summary = observed.summary();
    let tail = &summary[summary.len() - 3..];
    assert_eq!(tail[0], "TOOL_CALL_END");
    assert!(
        tail[1].starts_with("TOOL_CALL_RESULT") && tail[1].ends_with("(error)"),
        "{}",
        tail[1]
    );
    assert_eq!(tail[2], "STEP_FINISHED turn-1 (max_tokens)");
    assert_eq!(
        observed.messages().len(),
        2,
        "the call and its result are stored together"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reused_block_index_starts_another_block() {
    let script = Script::of([reply(
        [
            text(0, "One."),
            Delta::Reasoning {
                block: 0,
                delta: ReasoningDelta::Text("Hm.".to_owned()),
            },
            text(0, "Two."),
            end(0),
            text(0, "Three."),
        ],
        StopReason::EndTurn,
    )]);
    let observed = play(&script, true).await;
    let count = |kind: &str| {
        observed
            .summary()
            .iter()
            .filter(|entry| entry.starts_with(kind))
            .count()
    };
    assert_eq!(
        (count("TEXT_MESSAGE_START"), count("TEXT_MESSAGE_END")),
        (3, 3)
    );
    assert_eq!((count("REASONING_START"), count("REASONING_END")), (1, 1));
    let blocks = &observed.messages()[0].blocks;
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["One.", "Two.", "Three."]);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_made_when_the_model_ends_its_turn_with_it() {
    let script = Script::of([
        reply(
            [call(0, "current_time"), input(0, ZONE), end(0)],
            StopReason::EndTurn,
        ),
        reply([text(0, "Done."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script, false).await;
    let summary = observed.summary();
    let result = summary
        .iter()
        .find(|entry| entry.starts_with("TOOL_CALL_RESULT"));
    assert!(
        result.is_some_and(|result| result.ends_with("(success)")),
        "{summary:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn arguments_after_the_end_of_their_call_are_left_out() {
    let script = Script::of([
        reply(
            [
                call(0, "current_time"),
                input(0, ZONE),
                end(0),
                input(0, "}"),
            ],
            StopReason::ToolUse,
        ),
        reply([text(0, "Done."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script, false).await;
    let summary = observed.summary();
    let sent = summary
        .iter()
        .filter(|entry| entry.starts_with("TOOL_CALL_ARGS"));
    assert_eq!(sent.count(), 1, "{summary:#?}");
    assert!(
        summary.iter().any(|entry| entry.ends_with("(success)")),
        "{summary:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn pieces_of_encrypted_reasoning_and_a_late_signature_stay_in_their_blocks() {
    let reasoning = |block, delta| Delta::Reasoning { block, delta };
    let script = Script::of([reply(
        [
            reasoning(0, ReasoningDelta::Redacted(vec![0, 1])),
            reasoning(0, ReasoningDelta::Redacted(vec![2])),
            end(0),
            reasoning(1, ReasoningDelta::Text("Hmm.".to_owned())),
            end(1),
            reasoning(1, ReasoningDelta::Signature("sig".to_owned())),
            text(2, "Done."),
            end(2),
        ],
        StopReason::EndTurn,
    )]);
    let observed = play(&script, false).await;
    let blocks = &observed.messages()[0].blocks;
    assert_eq!(
        blocks[..2],
        [
            Block::RedactedReasoning {
                data: "AAEC".to_owned()
            },
            Block::Reasoning {
                text: "Hmm.".to_owned(),
                signature: Some("sig".to_owned())
            },
        ]
    );
    assert_eq!(blocks.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn absent_metrics_do_not_replace_reported_ones() {
    let metadata = |usage, latency_ms| Delta::Metadata { usage, latency_ms };
    let usage = Usage {
        total_tokens: 15,
        ..Usage::default()
    };
    let script = Script::of([Call::Answers(vec![
        text(0, "Hey!"),
        Delta::Stop(StopReason::EndTurn),
        metadata(Some(usage), None),
        metadata(None, Some(7)),
    ])]);
    let observed = play(&script, false).await;
    assert_eq!(observed.messages()[0].usage, Some(usage));
    let finished = &observed.events.last().expect("events")["metadata"];
    assert_eq!(finished["lw.latencyMs"], 7);
}

/// Error of a run whose model gives this reply to each try.
async fn error_of(deltas: impl Fn() -> Vec<Delta>, reason: StopReason) -> RunErrorCode {
    let script = Script::of((0..3).map(|_| reply(deltas(), reason.clone())));
    match play(&script, false).await.exit {
        Err(error) => error.code(),
        Ok(exit) => panic!("the run has not failed: {exit:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_a_word_is_tried_again_and_then_an_error() {
    let hidden = || Delta::Reasoning {
        block: 0,
        delta: ReasoningDelta::Text("Hmm.".to_owned()),
    };
    for reason in [StopReason::EndTurn, StopReason::ToolUse] {
        let code = error_of(Vec::new, reason.clone()).await;
        assert_eq!(code, RunErrorCode::ModelUnusableReply);
        let code = error_of(|| vec![hidden(), end(0)], reason).await;
        assert_eq!(code, RunErrorCode::ModelUnusableReply);
    }
    let script = Script::of([
        reply([], StopReason::EndTurn),
        reply([text(0, "Hey!")], StopReason::EndTurn),
    ]);
    assert_eq!(play(&script, false).await.outcome(), Outcome::Answered);
}

#[tokio::test(start_paused = true)]
async fn arguments_of_a_call_without_a_start_are_an_error() {
    for reason in [StopReason::EndTurn, StopReason::ToolUse] {
        let code = error_of(|| vec![input(0, "{}"), end(0)], reason).await;
        assert_eq!(code, RunErrorCode::ModelUnusableReply);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_after_results_is_the_end_of_the_answer() {
    let empty = (0..3).map(|_| reply([], StopReason::EndTurn));
    let calling = reply([call(0, "current_time"), end(0)], StopReason::ToolUse);
    let script = Script::of([calling].into_iter().chain(empty));
    let observed = play(&script, false).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let usage = observed.messages()[0]
        .usage
        .expect("the counts of three replies");
    assert_eq!(usage.total_tokens, 45);
}

#[tokio::test(start_paused = true)]
async fn a_filtered_reply_is_marked() {
    for (reason, filtered) in [
        (StopReason::GuardrailIntervened, true),
        (StopReason::ContentFiltered, true),
        (StopReason::MalformedModelOutput, false),
        (StopReason::EndTurn, false),
    ] {
        let script = Script::of([reply([text(0, "No.")], reason.clone())]);
        let observed = play(&script, false).await;
        assert_eq!(observed.messages()[0].filtered, filtered, "{reason:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn reasoning_that_is_shown_is_no_answer_either() {
    let shown = Delta::Reasoning {
        block: 0,
        delta: ReasoningDelta::Text("Hm.".to_owned()),
    };
    let script = Script::of([reply([shown, end(0)], StopReason::EndTurn)]);
    let error = play(&script, true).await.exit.expect_err("an error");
    assert_eq!(error.code(), RunErrorCode::ModelUnusableReply);
}
