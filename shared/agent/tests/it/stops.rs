use std::time::Duration;

use longwire_agent::model::{Delta, ModelErrorKind, StopReason, Thought};
use longwire_agent::outcome::Outcome;
use longwire_core::message::Block;
use longwire_core::run::CancelReason;
use longwire_core::tool::ToolOutcome;

use super::script::{Call, Script, answer, call, end, input, text};
use super::stage::{Played, Stage};
use crate::tool_box::tools;

const SOON: Duration = Duration::from_millis(105);

async fn play(script: &Script, after: Duration) -> Played {
    Stage {
        stop: Some((after, CancelReason::User)),
        ..Stage::new(script, &tools())
    }
    .play()
    .await
}

fn dropped(script: &Script) -> usize {
    *script.dropped.lock().expect("one test, one thread")
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_first_word_drops_the_call() {
    for call in [Call::Waits, Call::Hangs(Vec::new())] {
        let script = Script::of([call]);
        let played = play(&script, SOON).await;
        let finished = played.finished();
        assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
        assert_eq!((dropped(&script), played.took), (1, SOON));
        let [said] = finished.messages.as_slice() else {
            panic!("one turn: {finished:?}")
        };
        assert!(said.cancelled && said.blocks.is_empty());
        let story = ["STEP_STARTED turn-1", "STEP_FINISHED turn-1"];
        assert_eq!(played.story(), story);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_thinking_ends_it_from_the_inside() {
    let thought = Delta::Reasoning {
        block: 0,
        thought: Thought::Text("Hm".to_owned()),
    };
    let script = Script::of([Call::Hangs(vec![thought])]);
    let tools = tools();
    let stage = Stage {
        reasoning: true,
        stop: Some((SOON, CancelReason::ClientGone)),
        ..Stage::new(&script, &tools)
    };
    let played = stage.play().await;
    let story = played.story();
    let tail = [
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "STEP_FINISHED turn-1",
    ];
    assert_eq!(story[story.len() - 3..], tail);
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_a_text_drops_the_stream_and_keeps_the_words() {
    let script = Script::of([Call::Hangs(vec![text(0, "Once upon "), text(0, "a ti")])]);
    let played = play(&script, SOON).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
    assert_eq!(dropped(&script), 1);
    assert_eq!(played.took, SOON);
    assert!(finished.messages[0].cancelled);
    assert!(
        matches!(&finished.messages[0].blocks[0], Block::Text { text, .. } if text == "Once upon a ti")
    );
    let story = played.story();
    assert_eq!(
        story[story.len() - 2..],
        ["TEXT_MESSAGE_END", "STEP_FINISHED turn-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_arguments_answers_the_call() {
    let script = Script::of([Call::Hangs(vec![
        call(0, "get_weather"),
        input(0, "{\"loc"),
    ])]);
    let played = play(&script, SOON).await;
    let story = played.story();
    let tail = &story[story.len() - 3..];
    assert_eq!(tail[0], "TOOL_CALL_END");
    assert!(tail[1].ends_with("(cancelled)"), "{tail:?}");
    assert_eq!(tail[2], "STEP_FINISHED turn-1");
    let [said, results] = played.finished().messages.as_slice() else {
        panic!("the call and its answer are kept together")
    };
    assert!(said.cancelled);
    assert_eq!(outcome(&results.blocks[0]), ToolOutcome::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_tools_run_drops_them_and_keeps_what_came() {
    let calls = [
        call(0, "get_weather"),
        input(0, "{\"location\":\"Nowhere\"}"),
        end(0),
        call(1, "current_time"),
        input(1, "{\"timezone\":\"UTC\"}"),
        end(1),
    ];
    let script = Script::of([answer(calls, StopReason::ToolUse)]);
    let played = play(&script, Duration::from_millis(300)).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
    assert_eq!(played.took, Duration::from_millis(300), "at once");
    let outcomes: Vec<_> = finished.messages[1].blocks.iter().map(outcome).collect();
    assert_eq!(
        outcomes,
        [ToolOutcome::Cancelled, ToolOutcome::Success],
        "{:#?}",
        played.story()
    );
}

fn outcome(block: &Block) -> ToolOutcome {
    match block {
        Block::ToolResult(result) => result.outcome,
        other => panic!("a result was expected: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_between_two_tries_ends_the_waiting() {
    let script = Script::of([
        Call::Fails(ModelErrorKind::Throttled),
        Call::Fails(ModelErrorKind::Throttled),
    ]);
    let played = play(&script, Duration::from_micros(1)).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
    assert_eq!(
        played.story(),
        ["STEP_STARTED turn-1", "STEP_FINISHED turn-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_between_two_steps_begins_no_other() {
    let called = || answer([call(0, "current_time"), end(0)], StopReason::ToolUse);
    // The store is slow: it has the prompt in hand, the first step waits, and the second has no place.
    let script = Script::of([called(), called(), called()]);
    let tools = tools();
    let stage = Stage {
        store: Duration::from_secs(60),
        stop: Some((Duration::from_secs(30), CancelReason::User)),
        ..Stage::new(&script, &tools)
    };
    let played = stage.play().await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
    let started = |told: &String| told.starts_with("STEP_STARTED");
    let steps = played.story().into_iter().filter(started).count();
    let asked = script.requests.lock().expect("one test, one thread").len();
    assert_eq!((steps, asked), (2, 2));
    assert_eq!(played.steps.len(), 2);
    assert!(finished.messages.is_empty(), "both steps were handed on");
}
