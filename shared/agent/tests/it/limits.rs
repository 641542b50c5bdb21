//! Limits of a run: attempts of a model call, steps, and the size of a stored step.

use std::time::Duration;

use longwire_agent::error::AgentError;
use longwire_agent::model::{ModelErrorKind, StopReason};
use longwire_agent::outcome::Outcome;

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, reply, text};
use crate::tools::tools;

async fn play(script: &Script) -> Observed {
    Scenario::new(script, &tools()).play().await
}

fn failed(observed: &Observed) -> ModelErrorKind {
    match &observed.exit {
        Err(AgentError::Model { error, .. }) => error.kind,
        other => panic!("not a failure of the model: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_call_is_retried_while_nothing_was_sent() {
    let script = Script::of([
        Call::Fails(ModelErrorKind::Throttled),
        Call::Breaks(vec![], ModelErrorKind::Stream),
        reply([text(0, "There."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let steps = observed
        .summary()
        .iter()
        .filter(|entry| entry.starts_with("STEP_STARTED"))
        .count();
    assert_eq!(steps, 1, "a client sees one step");
    assert!(
        observed.duration <= Duration::from_secs(3) + Duration::from_millis(50),
        "{:?}",
        observed.duration
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_call_is_not_retried_once_text_was_sent() {
    let script = Script::of([Call::Breaks(
        vec![text(0, "The")],
        ModelErrorKind::Unavailable,
    )]);
    let observed = play(&script).await;
    assert_eq!(failed(&observed), ModelErrorKind::Unavailable);
    assert_eq!(
        script.requests.lock().expect("one test, one thread").len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn attempts_are_limited_and_permanent_errors_not_retried() {
    let script = Script::of((0..3).map(|_| Call::Fails(ModelErrorKind::Unavailable)));
    assert_eq!(failed(&play(&script).await), ModelErrorKind::Unavailable);
    let requests = script.requests.lock().expect("one test, one thread").len();
    assert_eq!(requests, 3);
    for kind in [ModelErrorKind::AccessDenied, ModelErrorKind::QuotaUsedUp] {
        let script = Script::of([Call::Fails(kind)]);
        assert_eq!(failed(&play(&script).await), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_tried_for_a_minute_and_the_client_is_told() {
    let script = Script::of((0..500).map(|_| Call::Fails(ModelErrorKind::Throttled)));
    let observed = play(&script).await;
    assert_eq!(failed(&observed), ModelErrorKind::Throttled);
    let waited = observed.duration.as_secs();
    assert!((60..62).contains(&waited), "{waited} s");
    let statuses = observed.events.iter();
    let told: Vec<_> = statuses
        .filter(|event| event["name"] == "lw.status")
        .map(|event| event["value"]["text"].as_str().expect("a text"))
        .collect();
    assert_eq!(told, ["Waiting for the model…"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_that_succeeds_leaves_other_failures_their_tries() {
    let throttled = (0..4).map(|_| Call::Fails(ModelErrorKind::Throttled));
    let failed = (0..2).map(|_| Call::Fails(ModelErrorKind::Unavailable));
    let answer = reply([text(0, "So."), end(0)], StopReason::EndTurn);
    let script = Script::of(throttled.chain(failed).chain([answer]));
    assert_eq!(play(&script).await.outcome(), Outcome::Answered);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_a_stop_reason_is_an_error() {
    let script = Script::of([Call::Answers(vec![text(0, "Well")])]);
    assert_eq!(failed(&play(&script).await), ModelErrorKind::Stream);
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_at_the_step_limit() {
    let script =
        Script::of((0..3).map(|_| reply([call(0, "current_time"), end(0)], StopReason::ToolUse)));
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::OutOfSteps);
    assert_eq!(
        observed.steps.len(),
        2,
        "two steps were stored when they ended"
    );
    assert_eq!(
        observed.messages().len(),
        2,
        "the third is stored with the run's end"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_is_stored_with_the_events_up_to_its_end() {
    let script = Script::of([
        reply([call(0, "current_time"), end(0)], StopReason::ToolUse),
        reply([text(0, "So."), end(0)], StopReason::EndTurn),
    ]);
    let observed = play(&script).await;
    let batch = &observed.steps[0].events;
    assert_eq!(batch.first, 1);
    let last = batch.events.last().expect("the step has events");
    assert!(last.starts_with("{\"type\":\"TOOL_CALL_RESULT\""), "{last}");
    assert_eq!(batch.events.len() as u64, batch.last);
}
