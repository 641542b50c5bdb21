//! Replies of the model: events for the client, messages for the store.

use longwire_agent::model::{Delta, Part, ReasoningDelta, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::message::{Block, Role};

use crate::scenario::{Observed, Scenario};
use crate::script::{Script, call, end, input, reply, text};
use crate::tools::tools;

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
                    delta: ReasoningDelta::Redacted("AAA=".to_owned()),
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
