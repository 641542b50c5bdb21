use std::time::Duration;

use longwire_agent::model::{Delta, StopReason};
use longwire_agent::outcome::{Exit, Outcome};

use super::script::{Call, Script, answer, call, end, text};
use super::stage::{Played, Stage, Stored};
use crate::tool_box::tools;

/// A step that takes this long and calls a tool.
fn step(takes: Duration) -> Call {
    let pieces = usize::try_from(takes.as_millis() / 10).expect("a test is short");
    // The call, its end and the model's last words take their time, too.
    let words = (0..pieces - 4).map(|_| text(0, "."));
    let called: [Delta; 2] = [call(1, "current_time"), end(1)];
    answer(words.chain(called), StopReason::ToolUse)
}

fn last() -> Call {
    answer([text(0, "So."), end(0)], StopReason::EndTurn)
}

async fn play(steps: &[u64], time: u64) -> (Played, usize) {
    let steps = steps.iter().copied().map(Duration::from_millis);
    let script = Script::of(steps.map(step).chain([last()]));
    let tools = tools();
    let played = Stage {
        time: Duration::from_millis(time),
        ..Stage::new(&script, &tools)
    }
    .play()
    .await;
    let asked = script.requests.lock().expect("one test, one thread").len();
    (played, asked)
}

#[tokio::test(start_paused = true)]
async fn a_run_is_handed_over_when_the_longest_step_would_not_fit_any_more() {
    let (played, asked) = play(&[500, 100], 1090).await;
    assert!(
        matches!(played.exit, Ok(Exit::HandOver)),
        "{:?}",
        played.exit
    );
    assert_eq!(asked, 2, "490 ms are left, and the longest step took 500");
    assert_eq!(played.took, Duration::from_millis(600));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_run_that_is_handed_over_is_left_unstored() {
    let (played, _) = play(&[500, 100], 1090).await;
    let stored: Vec<usize> = played
        .steps
        .iter()
        .map(|step| step.messages.len())
        .collect();
    assert_eq!(stored, [2, 2]);
    let lines = |step: &Stored| (step.lines.first, step.lines.last);
    let (first, second) = (lines(&played.steps[0]), lines(&played.steps[1]));
    assert_eq!(first.0, 1);
    assert_eq!(second.0, first.1 + 1);
    assert_eq!(second.1, played.lines.len() as u64);
    let story = played.story();
    assert!(
        story[story.len() - 1].starts_with("TOOL_CALL_RESULT"),
        "{story:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_next_step_fits_goes_on() {
    let (played, asked) = play(&[500, 100], 1110).await;
    assert_eq!(played.finished().ending, Outcome::Answered);
    assert_eq!(asked, 3);
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_time_makes_one_step_all_the_same() {
    let (played, asked) = play(&[100, 100], 0).await;
    assert!(
        matches!(played.exit, Ok(Exit::HandOver)),
        "{:?}",
        played.exit
    );
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_anyway_is_not_handed_over() {
    let (played, _) = play(&[], 0).await;
    assert_eq!(played.finished().ending, Outcome::Answered);
    let (played, asked) = play(&[100, 100, 300], 700).await;
    assert_eq!(played.finished().ending, Outcome::OutOfSteps);
    assert_eq!(asked, 3, "no worker may make a fourth step");
}

#[tokio::test(start_paused = true)]
async fn steps_are_named_and_counted_over_all_workers() {
    let script = Script::of([step(Duration::from_millis(100)), last()]);
    let tools = tools();
    let stage = Stage {
        first: 2,
        ..Stage::new(&script, &tools)
    };
    let played = stage.play().await;
    assert_eq!(played.finished().ending, Outcome::Answered);
    let named = |told: &String| told.starts_with("STEP_STARTED");
    let names: Vec<String> = played.story().into_iter().filter(named).collect();
    assert_eq!(names, ["STEP_STARTED turn-2", "STEP_STARTED turn-3"]);

    let script = Script::of([step(Duration::from_millis(100))]);
    let stage = Stage {
        first: 3,
        ..Stage::new(&script, &tools)
    };
    let played = stage.play().await;
    assert_eq!(played.finished().ending, Outcome::OutOfSteps);
}
