//! Calls that must not be repeated: stored before they are made, and not made again.

use std::time::Duration;

use longwire_agent::model::{Part, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::CancelReason;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use serde_json::json;

use super::script::{Call, Script, answer, call, end, input, text};
use super::stage::{Played, Stage, Stored};
use crate::tool_box::{Library, tools};

const SOON: Duration = Duration::from_secs(1);

/// A step that searches, and looks at the clock.
fn searching() -> Call {
    let wanted = [
        text(0, "Let me see."),
        end(0),
        call(1, "kb_lookup"),
        input(1, "{\"query\":\"rates\"}"),
        end(1),
        call(2, "current_time"),
        input(2, "{\"timezone\":\"UTC\"}"),
        end(2),
    ];
    answer(wanted, StopReason::ToolUse)
}

fn last() -> Call {
    answer([text(0, "So."), end(0)], StopReason::EndTurn)
}

fn asked(script: &Script) -> usize {
    script.requests.lock().expect("one test, one thread").len()
}

fn results(message: &Message) -> Vec<&ToolResult> {
    let result = |block: &'_ Block| matches!(block, Block::ToolResult(_));
    assert!(message.blocks.iter().all(result), "{message:?}");
    let results = message.blocks.iter().filter_map(|block| match block {
        Block::ToolResult(result) => Some(result),
        _ => None,
    });
    results.collect()
}

fn outcomes(message: &Message) -> Vec<ToolOutcome> {
    results(message)
        .iter()
        .map(|result| result.outcome)
        .collect()
}

/// Some lines of a story.
fn told(played: &Played, kind: &str) -> Vec<String> {
    let story = played.story().into_iter();
    story.filter(|told| told.starts_with(kind)).collect()
}

/// The turn a worker stored before it died, with the calls of [`searching`].
fn calling() -> Message {
    let call = |id: &str, name: &str, input| {
        Block::ToolCall(ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            input,
            parent: MessageId::trusted("m_text"),
        })
    };
    let blocks = vec![
        Block::Text {
            id: MessageId::trusted("m_text"),
            text: "Let me see.".to_owned(),
        },
        call("tc_search", "kb_lookup", json!({ "query": "rates" })),
        call("tc_clock", "current_time", json!({ "timezone": "UTC" })),
    ];
    Message {
        calling: true,
        ..Message::new(Role::Assistant, RunId::trusted("r_1"), blocks)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_must_not_be_repeated_begins_when_its_step_stands() {
    let script = Script::of([searching(), last()]);
    let library = Library::new(SOON, "kb_lookup");
    let stage = Stage {
        store: Duration::from_secs(5),
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    assert_eq!(played.finished().ending, Outcome::Answered);
    let begun = library.calls();
    assert_eq!(begun.len(), 1);
    assert!(begun[0] >= Duration::from_secs(5), "{begun:?}");

    let [alone, whole]: &[Stored; 2] = played.steps.as_slice().try_into().expect("two writes");
    let [said] = alone.messages.as_slice() else {
        panic!("the turn alone is stored first: {alone:?}")
    };
    assert!(said.calling);
    let unmarked = Message {
        calling: false,
        ..said.clone()
    };
    assert_eq!(
        whole.messages[0], unmarked,
        "the same turn, and no other id"
    );
    assert_eq!(
        outcomes(&whole.messages[1]),
        [ToolOutcome::Success, ToolOutcome::Success]
    );
    let last = alone.lines.events.last().expect("it has lines");
    assert!(last.starts_with("{\"type\":\"STEP_FINISHED\""), "{last}");
    assert_eq!(whole.lines.first, alone.lines.last + 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_calls_may_be_repeated_is_written_once() {
    for once in ["", "get_weather"] {
        let script = Script::of([searching(), last()]);
        let library = Library::new(SOON, once);
        let played = Stage::new(&script, &library.tools).play().await;
        assert_eq!(played.steps.len(), 1);
        assert!(!played.steps[0].messages[0].calling);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_is_not_begun() {
    let refused = [call(0, "kb_lookup"), input(0, "{\"query\":7}"), end(0)];
    let script = Script::of([answer(refused, StopReason::ToolUse), last()]);
    let library = Library::new(SOON, "kb_lookup");
    let played = Stage::new(&script, &library.tools).play().await;
    assert_eq!(played.steps.len(), 1, "there is nothing to be spared");
    assert_eq!(outcomes(&played.steps[0].messages[1]), [ToolOutcome::Error]);
}

#[tokio::test(start_paused = true)]
async fn who_takes_over_makes_only_the_calls_that_may_be_repeated() {
    let script = Script::of([last()]);
    let library = Library::new(SOON, "kb_lookup");
    let stage = Stage {
        first: 2,
        before: vec![calling()],
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    assert!(library.calls().is_empty());
    let step = &played.steps[0].messages;
    let done = Message {
        calling: false,
        id: step[0].id.clone(),
        ..calling()
    };
    assert_eq!(step[0], done, "ids stay those that were streamed");
    let said = results(&step[1]);
    assert_eq!(
        outcomes(&step[1]),
        [ToolOutcome::Error, ToolOutcome::Success]
    );
    assert_eq!(said[0].call_id.as_str(), "tc_search");
    assert!(
        said[0].content.contains("not made again"),
        "{}",
        said[0].content
    );
    assert_eq!(said[1].call_id.as_str(), "tc_clock");

    assert_eq!(told(&played, "TOOL_CALL_RESULT").len(), 2);
    assert!(told(&played, "TOOL_CALL_START").is_empty(), "they stand");
    assert_eq!(told(&played, "STEP_STARTED"), ["STEP_STARTED turn-3"]);
    assert_eq!(asked(&script), 1, "the step's model call is not made again");
    let requests = script.requests.lock().expect("one test, one thread");
    let answers = &requests[0].turns.last().expect("it has turns").parts;
    assert!(matches!(answers[0], Part::ToolResult { error: true, .. }));
    assert!(matches!(answers[1], Part::ToolResult { error: false, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_be_repeated_is_made_again() {
    let script = Script::of([last()]);
    let library = Library::new(SOON, "current_time");
    let stage = Stage {
        first: 2,
        before: vec![calling()],
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    assert_eq!(library.calls().len(), 1);
    let step = &played.steps[0].messages;
    assert_eq!(
        outcomes(&step[1]),
        [ToolOutcome::Success, ToolOutcome::Error]
    );
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_last_step_are_answered_by_whoever_takes_over() {
    // Two steps more than the run may take: the deployment allowed more when it began.
    for first in [3, 5] {
        let script = Script::of([]);
        let library = Library::new(SOON, "kb_lookup");
        let stage = Stage {
            first,
            before: vec![calling()],
            ..Stage::new(&script, &library.tools)
        };
        let played = stage.play().await;
        let finished = played.finished();
        assert_eq!(finished.ending, Outcome::OutOfSteps);
        assert_eq!(finished.messages.len(), 2, "turn and results end the run");
        assert!(!finished.messages[0].calling);
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_of_another_run_is_left_alone() {
    let script = Script::of([last()]);
    let other = Message {
        run_id: RunId::trusted("r_0"),
        ..calling()
    };
    let tools = tools();
    let stage = Stage {
        before: vec![other],
        ..Stage::new(&script, &tools)
    };
    let played = stage.play().await;
    assert_eq!(played.finished().messages.len(), 1);
    assert!(told(&played, "TOOL_CALL_RESULT").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_stopped_before_it_was_taken_over_makes_no_call() {
    let script = Script::of([]);
    let library = Library::new(SOON, "current_time");
    let stage = Stage {
        first: 2,
        before: vec![calling()],
        stop: Some((Duration::ZERO, CancelReason::User)),
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::Stopped(CancelReason::User));
    assert_eq!(
        outcomes(&finished.messages[1]),
        [ToolOutcome::Cancelled, ToolOutcome::Error]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_the_step_is_being_stored_makes_no_call() {
    let script = Script::of([searching()]);
    let library = Library::new(SOON, "kb_lookup");
    let stage = Stage {
        store: Duration::from_secs(5),
        stop: Some((Duration::from_secs(2), CancelReason::User)),
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    assert_eq!(played.took, Duration::from_secs(2));
    assert!(library.calls().is_empty());
    let finished = played.finished();
    assert_eq!(outcomes(&finished.messages[1]), [ToolOutcome::Cancelled; 2]);
    let said = results(&finished.messages[1]);
    assert_eq!(said[0].content, "The call was cancelled.");
    assert!(told(&played, "CUSTOM").is_empty(), "nothing is being done");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_cancelled_under_way_may_have_taken_effect() {
    let script = Script::of([searching()]);
    let library = Library::new(Duration::from_secs(8), "kb_lookup");
    let stage = Stage {
        stop: Some((Duration::from_secs(2), CancelReason::User)),
        ..Stage::new(&script, &library.tools)
    };
    let played = stage.play().await;
    let said = results(&played.finished().messages[1]);
    assert_eq!(said[0].outcome, ToolOutcome::Cancelled);
    assert!(
        said[0].content.contains("may have taken effect"),
        "{}",
        said[0].content
    );
    assert_eq!(said[1].outcome, ToolOutcome::Success);
}
