//! Hand-over of a run to the next worker.

use std::time::Duration;

use longwire_agent::model::{Delta, StopReason};
use longwire_agent::outcome::{Exit, Outcome};

use crate::scenario::{Observed, Scenario, StoredStep};
use crate::script::{Call, Script, call, end, reply, text};
use crate::tools::tools;

/// Reply that takes this long and calls a tool.
fn step(duration: Duration) -> Call {
    let pieces = usize::try_from(duration.as_millis() / 10).expect("a short duration");
    // The start and end of the call, the stop and the metadata are four more deltas.
    let texts = (0..pieces - 4).map(|_| text(0, "."));
    let tool_call: [Delta; 2] = [call(1, "current_time"), end(1)];
    reply(texts.chain(tool_call), StopReason::ToolUse)
}

fn last() -> Call {
    reply([text(0, "So."), end(0)], StopReason::EndTurn)
}

async fn play(steps_ms: &[u64], time_ms: u64) -> (Observed, usize) {
    let steps = steps_ms.iter().copied().map(Duration::from_millis);
    let script = Script::of(steps.map(step).chain([last()]));
    let tools = tools();
    let observed = Scenario {
        time: Duration::from_millis(time_ms),
        ..Scenario::new(&script, &tools)
    }
    .play()
    .await;
    let requests = script.requests.lock().expect("one test, one thread").len();
    (observed, requests)
}

#[tokio::test(start_paused = true)]
async fn a_run_is_handed_over_when_the_longest_step_would_not_fit() {
    let (observed, requests) = play(&[500, 100], 1090).await;
    assert!(
        matches!(observed.exit, Ok(Exit::HandOver)),
        "{:?}",
        observed.exit
    );
    assert_eq!(
        requests, 2,
        "490 ms are left, and the longest step took 500"
    );
    assert_eq!(observed.duration, Duration::from_millis(600));
}

#[tokio::test(start_paused = true)]
async fn everything_is_stored_before_a_hand_over() {
    let (observed, _) = play(&[500, 100], 1090).await;
    let stored: Vec<usize> = observed
        .steps
        .iter()
        .map(|step| step.messages.len())
        .collect();
    assert_eq!(stored, [2, 2]);
    let events = |step: &StoredStep| (step.events.first, step.events.last);
    let (first, second) = (events(&observed.steps[0]), events(&observed.steps[1]));
    assert_eq!(first.0, 1);
    assert_eq!(second.0, first.1 + 1);
    assert_eq!(second.1, observed.events.len() as u64);
    let summary = observed.summary();
    assert!(
        summary[summary.len() - 1].starts_with("TOOL_CALL_RESULT"),
        "{summary:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_continues_while_the_longest_step_fits() {
    let (observed, requests) = play(&[500, 100], 1110).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    assert_eq!(requests, 3);
}

#[tokio::test(start_paused = true)]
async fn a_worker_past_its_deadline_makes_one_step() {
    let (observed, requests) = play(&[100, 100], 0).await;
    assert!(
        matches!(observed.exit, Ok(Exit::HandOver)),
        "{:?}",
        observed.exit
    );
    assert_eq!(requests, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_is_not_handed_over() {
    let (observed, _) = play(&[], 0).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let (observed, requests) = play(&[100, 100, 300], 700).await;
    assert_eq!(observed.outcome(), Outcome::OutOfSteps);
    assert_eq!(requests, 3, "the limit is three steps");
}

#[tokio::test(start_paused = true)]
async fn step_numbers_continue_across_workers() {
    let script = Script::of([step(Duration::from_millis(100)), last()]);
    let tools = tools();
    let scenario = Scenario {
        first_step: 2,
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let named = |entry: &String| entry.starts_with("STEP_STARTED");
    let names: Vec<String> = observed.summary().into_iter().filter(named).collect();
    assert_eq!(names, ["STEP_STARTED turn-2", "STEP_STARTED turn-3"]);

    let script = Script::of([step(Duration::from_millis(100))]);
    let scenario = Scenario {
        first_step: 3,
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::OutOfSteps);
}
