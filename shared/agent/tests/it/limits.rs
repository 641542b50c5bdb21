use std::time::Duration;

use longwire_agent::model::{ModelErrorKind, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_agent::reply::Failure;

use super::script::{Call, Script, answer, call, end, text};
use super::stage::{Played, Stage};
use crate::tool_box::tools;

async fn play(script: &Script) -> Played {
    Stage::new(script, &tools()).play().await
}

fn failed(played: &Played) -> ModelErrorKind {
    match &played.exit {
        Err(Failure::Model(error)) => error.kind,
        other => panic!("the model's failure was expected: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_which_nothing_was_shown_is_made_again() {
    let script = Script::of([
        Call::Fails(ModelErrorKind::Throttled),
        Call::Breaks(vec![], ModelErrorKind::Stream),
        answer([text(0, "There."), end(0)], StopReason::EndTurn),
    ]);
    let played = play(&script).await;
    assert_eq!(played.finished().ending, Outcome::Answered);
    let steps = played
        .story()
        .iter()
        .filter(|told| told.starts_with("STEP_STARTED"))
        .count();
    assert_eq!(steps, 1, "a client sees one step");
    assert!(
        played.took <= Duration::from_secs(3) + Duration::from_millis(50),
        "{:?}",
        played.took
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_is_never_said_again() {
    let script = Script::of([Call::Breaks(
        vec![text(0, "The")],
        ModelErrorKind::Unavailable,
    )]);
    let played = play(&script).await;
    assert_eq!(failed(&played), ModelErrorKind::Unavailable);
    assert_eq!(
        script.requests.lock().expect("one test, one thread").len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn tries_are_counted_and_hopeless_ones_not_made() {
    let script = Script::of((0..3).map(|_| Call::Fails(ModelErrorKind::Throttled)));
    assert_eq!(failed(&play(&script).await), ModelErrorKind::Throttled);
    let made = script.requests.lock().expect("one test, one thread").len();
    assert_eq!(made, 3);
    let script = Script::of([Call::Fails(ModelErrorKind::AccessDenied)]);
    assert_eq!(failed(&play(&script).await), ModelErrorKind::AccessDenied);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_the_models_last_word_is_broken() {
    let script = Script::of([Call::Answers(vec![text(0, "Well")])]);
    assert_eq!(failed(&play(&script).await), ModelErrorKind::Stream);
}

#[tokio::test(start_paused = true)]
async fn steps_are_counted() {
    let script =
        Script::of((0..3).map(|_| answer([call(0, "current_time"), end(0)], StopReason::ToolUse)));
    let played = play(&script).await;
    let finished = played.finished();
    assert_eq!(finished.ending, Outcome::OutOfSteps);
    assert_eq!(played.steps.len(), 2, "two steps were stored as they ended");
    assert_eq!(
        finished.messages.len(),
        2,
        "the third is stored with the run's end"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_is_stored_with_the_lines_up_to_its_end() {
    let script = Script::of([
        answer([call(0, "current_time"), end(0)], StopReason::ToolUse),
        answer([text(0, "So."), end(0)], StopReason::EndTurn),
    ]);
    let played = play(&script).await;
    let batch = &played.steps[0].lines;
    assert_eq!(batch.first, 1);
    let last = batch.events.last().expect("it has lines");
    assert!(last.starts_with("{\"type\":\"TOOL_CALL_RESULT\""), "{last}");
    assert_eq!(batch.events.len() as u64, batch.last);
}
