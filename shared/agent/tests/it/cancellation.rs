//! Cancellation of a run at each part of a step.

use std::time::Duration;

use longwire_agent::model::{Delta, ModelErrorKind, ReasoningDelta, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::message::Block;
use longwire_core::run::CancelReason;
use longwire_core::tool::ToolOutcome;

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::tools;

const SOON: Duration = Duration::from_millis(105);

async fn play(script: &Script, after: Duration) -> Observed {
    Scenario {
        cancel: Some((after, CancelReason::User)),
        ..Scenario::new(script, &tools())
    }
    .play()
    .await
}

fn dropped(script: &Script) -> usize {
    *script.dropped.lock().expect("one test, one thread")
}

#[tokio::test(start_paused = true)]
async fn cancellation_before_the_first_token_drops_the_model_call() {
    for call in [Call::Waits, Call::Hangs(Vec::new())] {
        let script = Script::of([call]);
        let observed = play(&script, SOON).await;
        assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
        assert_eq!((dropped(&script), observed.duration), (1, SOON));
        let [message] = observed.messages() else {
            panic!("one message: {:?}", observed.messages())
        };
        assert!(message.cancelled && message.blocks.is_empty());
        let summary = ["STEP_STARTED turn-1", "STEP_FINISHED turn-1"];
        assert_eq!(observed.summary(), summary);
    }
}

#[tokio::test(start_paused = true)]
async fn cancellation_during_reasoning_sends_its_end_events_in_order() {
    let reasoning = Delta::Reasoning {
        block: 0,
        delta: ReasoningDelta::Text("Hm".to_owned()),
    };
    let script = Script::of([Call::Hangs(vec![reasoning])]);
    let tools = tools();
    let scenario = Scenario {
        reasoning: true,
        cancel: Some((SOON, CancelReason::ClientGone)),
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    let summary = observed.summary();
    let tail = [
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "STEP_FINISHED turn-1",
    ];
    assert_eq!(summary[summary.len() - 3..], tail);
}

#[tokio::test(start_paused = true)]
async fn cancellation_during_a_text_drops_the_stream_and_stores_the_text() {
    let script = Script::of([Call::Hangs(vec![text(0, "Once upon "), text(0, "a ti")])]);
    let observed = play(&script, SOON).await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(dropped(&script), 1);
    assert_eq!(observed.duration, SOON);
    assert!(observed.messages()[0].cancelled);
    let usage = observed.messages()[0].usage.expect("an estimate");
    assert!(usage.estimated && usage.output_tokens == 5, "{usage:?}");
    assert!(
        matches!(&observed.messages()[0].blocks[0], Block::Text { text, .. } if text == "Once upon a ti")
    );
    let summary = observed.summary();
    assert_eq!(
        summary[summary.len() - 2..],
        ["TEXT_MESSAGE_END", "STEP_FINISHED turn-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn cancellation_during_arguments_gives_the_call_a_result() {
    let script = Script::of([Call::Hangs(vec![
        call(0, "get_weather"),
        input(0, "{\"loc"),
    ])]);
    let observed = play(&script, SOON).await;
    let summary = observed.summary();
    let tail = &summary[summary.len() - 3..];
    assert_eq!(tail[0], "TOOL_CALL_END");
    assert!(tail[1].ends_with("(cancelled)"), "{tail:?}");
    assert_eq!(tail[2], "STEP_FINISHED turn-1");
    let [message, results] = observed.messages() else {
        panic!("the call and its result are stored together")
    };
    assert!(message.cancelled);
    assert_eq!(outcome(&results.blocks[0]), ToolOutcome::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn cancellation_during_tool_calls_drops_them_and_keeps_complete_results() {
    let calls = [
        call(0, "get_weather"),
        input(0, "{\"location\":\"Nowhere\"}"),
        end(0),
        call(1, "current_time"),
        input(1, "{\"timezone\":\"UTC\"}"),
        end(1),
    ];
    let script = Script::of([reply(calls, StopReason::ToolUse)]);
    let observed = play(&script, Duration::from_millis(300)).await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(observed.duration, Duration::from_millis(300), "at once");
    let outcomes: Vec<_> = observed.messages()[1].blocks.iter().map(outcome).collect();
    assert_eq!(
        outcomes,
        [ToolOutcome::Cancelled, ToolOutcome::Success],
        "{:#?}",
        observed.summary()
    );
}

fn outcome(block: &Block) -> ToolOutcome {
    match block {
        Block::ToolResult(result) => result.outcome,
        other => panic!("not a result: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn cancellation_between_two_attempts_ends_the_pause() {
    let script = Script::of([
        Call::Fails(ModelErrorKind::Throttled),
        Call::Fails(ModelErrorKind::Throttled),
    ]);
    let observed = play(&script, Duration::from_micros(1)).await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(
        observed.summary(),
        ["STEP_STARTED turn-1", "STEP_FINISHED turn-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn cancellation_between_two_steps_starts_no_further_step() {
    let calls_a_tool = || reply([call(0, "current_time"), end(0)], StopReason::ToolUse);
    // The store writes the prompt for a minute, so the first step waits in the channel and the second before it.
    let script = Script::of([calls_a_tool(), calls_a_tool(), calls_a_tool()]);
    let tools = tools();
    let scenario = Scenario {
        store_latency: Duration::from_secs(60),
        cancel: Some((Duration::from_secs(30), CancelReason::User)),
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    let started = |entry: &String| entry.starts_with("STEP_STARTED");
    let steps = observed.summary().into_iter().filter(started).count();
    let requests = script.requests.lock().expect("one test, one thread").len();
    assert_eq!((steps, requests), (2, 2));
    assert_eq!(observed.steps.len(), 2);
    assert!(
        observed.messages().is_empty(),
        "both steps were sent for storing"
    );
}
