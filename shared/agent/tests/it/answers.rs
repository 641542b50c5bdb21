use longwire_agent::model::{Delta, Part, StopReason, Thought};
use longwire_agent::outcome::Outcome;
use longwire_core::message::{Block, Role};

use super::script::{Script, answer, call, end, input, text};
use super::stage::Stage;
use crate::tool_box::tools;

async fn play(script: &Script, reasoning: bool) -> super::stage::Played {
    Stage {
        reasoning,
        ..Stage::new(script, &tools())
    }
    .play()
    .await
}

#[tokio::test(start_paused = true)]
async fn words_are_told_as_they_come_and_kept_whole() {
    let script = Script::of([answer(
        [text(0, "Hel"), text(0, "lo"), end(0)],
        StopReason::EndTurn,
    )]);
    let played = play(&script, false).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Answered);
    let [Block::Text { id, text }] = finished.messages[0].blocks.as_slice() else {
        panic!("one text")
    };
    assert_eq!(text, "Hello");
    assert_eq!(
        played.lines[1]["messageId"],
        id.as_str(),
        "history names a text as it was streamed"
    );
    let story = played.story();
    assert_eq!(
        story.first().map(String::as_str),
        Some("STEP_STARTED turn-1")
    );
    assert_eq!(
        story.last().map(String::as_str),
        Some("STEP_FINISHED turn-1 (end_turn)")
    );
    let told: String = played
        .lines
        .iter()
        .filter_map(|line| line["delta"].as_str())
        .collect();
    assert_eq!(told, "Hello");
}

#[tokio::test(start_paused = true)]
async fn calls_that_interleave_are_joined_run_and_answered_in_their_order() {
    let wanted = [
        call(0, "current_time"),
        call(1, "no_such_tool"),
        input(0, "{\"timezone\":"),
        input(1, "{\"a\":1}"),
        input(0, "\"UTC\"}"),
        end(1),
        end(0),
    ];
    let script = Script::of([
        answer(wanted, StopReason::ToolUse),
        answer([text(0, "Done."), end(0)], StopReason::EndTurn),
    ]);
    let played = play(&script, false).await;
    let results: Vec<_> = played
        .story()
        .into_iter()
        .filter(|told| told.starts_with("TOOL_CALL_RESULT"))
        .collect();
    assert_eq!(results.len(), 2, "{:#?}", played.story());
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

    let step = &played.steps[0];
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
async fn calls_hang_on_the_text_before_them() {
    let wanted = [
        text(0, "Let me see."),
        end(0),
        call(1, "current_time"),
        end(1),
        call(2, "current_time"),
        end(2),
    ];
    let script = Script::of([
        answer(wanted, StopReason::ToolUse),
        answer([text(0, "So."), end(0)], StopReason::EndTurn),
    ]);
    let played = play(&script, false).await;
    let starts: Vec<_> = played
        .lines
        .iter()
        .filter(|line| line["type"] == "TOOL_CALL_START")
        .collect();
    assert_eq!(starts.len(), 2);
    assert!(
        starts
            .iter()
            .all(|start| start["parentMessageId"] == played.lines[1]["messageId"])
    );
    let args: Vec<_> = played
        .lines
        .iter()
        .filter(|line| line["type"] == "TOOL_CALL_ARGS")
        .collect();
    assert!(
        args.iter().all(|line| line["delta"] == "{}"),
        "a call without input has an empty object: {args:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn thinking_is_kept_sealed_and_shown_only_when_asked_for() {
    let thought = |thought| Delta::Reasoning { block: 0, thought };
    for (asked, shown) in [(true, 5), (false, 0)] {
        let script = Script::of([answer(
            [
                thought(Thought::Text("Hmm".to_owned())),
                thought(Thought::Signature("seal".to_owned())),
                end(0),
                Delta::Reasoning {
                    block: 1,
                    thought: Thought::Redacted("AAA=".to_owned()),
                },
                end(1),
                text(2, "Yes."),
                end(2),
            ],
            StopReason::EndTurn,
        )]);
        let played = play(&script, asked).await;
        let told = played
            .story()
            .iter()
            .filter(|told| told.starts_with("REASONING"))
            .count();
        assert_eq!(told, shown, "asked: {asked}");
        let finished = played.finished();
        let sealed = Block::Reasoning {
            text: "Hmm".to_owned(),
            signature: Some("seal".to_owned()),
        };
        assert_eq!(finished.messages[0].blocks[0], sealed);
        assert_eq!(
            finished.messages[0].blocks[1],
            Block::RedactedReasoning {
                data: "AAA=".to_owned()
            }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_cut_off_is_answered_and_never_run() {
    let script = Script::of([answer(
        [call(0, "current_time"), input(0, "{\"time")],
        StopReason::MaxTokens,
    )]);
    let played = play(&script, false).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::CutShort);
    let story = played.story();
    let tail = &story[story.len() - 3..];
    assert_eq!(tail[0], "TOOL_CALL_END");
    assert!(
        tail[1].starts_with("TOOL_CALL_RESULT") && tail[1].ends_with("(error)"),
        "{}",
        tail[1]
    );
    assert_eq!(tail[2], "STEP_FINISHED turn-1 (max_tokens)");
    assert_eq!(
        finished.messages.len(),
        2,
        "the call and its answer are stored together"
    );
}

#[tokio::test(start_paused = true)]
async fn an_index_that_is_used_again_is_another_block() {
    let script = Script::of([answer(
        [
            text(0, "One."),
            Delta::Reasoning {
                block: 0,
                thought: Thought::Text("Hm.".to_owned()),
            },
            text(0, "Two."),
            end(0),
            text(0, "Three."),
        ],
        StopReason::EndTurn,
    )]);
    let played = play(&script, true).await;
    let told = |kind: &str| {
        played
            .story()
            .iter()
            .filter(|told| told.starts_with(kind))
            .count()
    };
    assert_eq!(
        (told("TEXT_MESSAGE_START"), told("TEXT_MESSAGE_END")),
        (3, 3)
    );
    assert_eq!((told("REASONING_START"), told("REASONING_END")), (1, 1));
    let blocks = &played.finished().messages[0].blocks;
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["One.", "Two.", "Three."]);
}
