//! Calls that must not be repeated: stored before they are made, and refused after a crash.

use std::time::Duration;

use longwire_agent::model::{Part, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::CancelReason;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use serde_json::json;

use crate::scenario::{Observed, Scenario, StoredStep};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::{Library, tools};

const LATENCY: Duration = Duration::from_secs(1);

/// Reply that calls `kb_lookup` and `current_time`.
fn two_calls() -> Call {
    let deltas = [
        text(0, "Let me see."),
        end(0),
        call(1, "kb_lookup"),
        input(1, "{\"query\":\"rates\"}"),
        end(1),
        call(2, "current_time"),
        input(2, "{\"timezone\":\"UTC\"}"),
        end(2),
    ];
    reply(deltas, StopReason::ToolUse)
}

fn last() -> Call {
    reply([text(0, "So."), end(0)], StopReason::EndTurn)
}

fn requests(script: &Script) -> usize {
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

/// Events of this kind.
fn events_of(observed: &Observed, kind: &str) -> Vec<String> {
    let summary = observed.summary().into_iter();
    summary.filter(|entry| entry.starts_with(kind)).collect()
}

/// Message with the calls of [`two_calls`] that a worker stored before it crashed.
fn calling() -> Message {
    let call = |id: &str, name: &str, input: serde_json::Value| {
        Block::ToolCall(ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            arguments: input.to_string(),
            parent: MessageId::trusted("m_text"),
        })
    };
    let blocks = vec![
        Block::Text {
            id: MessageId::trusted("m_text"),
            text: "Let me see.".to_owned(),
        },
        call("tc_lookup", "kb_lookup", json!({ "query": "rates" })),
        call("tc_clock", "current_time", json!({ "timezone": "UTC" })),
    ];
    Message {
        calling: true,
        ..Message::new(Role::Assistant, RunId::trusted("r_1"), blocks)
    }
}

#[tokio::test(start_paused = true)]
async fn an_unrepeatable_call_starts_once_its_message_is_stored() {
    let script = Script::of([two_calls(), last()]);
    let library = Library::new(LATENCY, "kb_lookup");
    let scenario = Scenario {
        store_latency: Duration::from_secs(5),
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let started = library.calls();
    assert_eq!(started.len(), 1);
    assert!(started[0] >= Duration::from_secs(5), "{started:?}");

    let [calling, finished]: &[StoredStep; 2] =
        observed.steps.as_slice().try_into().expect("two writes");
    let [message] = calling.messages.as_slice() else {
        panic!("the message is stored alone first: {calling:?}")
    };
    assert!(message.calling);
    let unmarked = Message {
        calling: false,
        ..message.clone()
    };
    assert_eq!(
        finished.messages[0], unmarked,
        "the same message under the same id"
    );
    assert_eq!(
        outcomes(&finished.messages[1]),
        [ToolOutcome::Success, ToolOutcome::Success]
    );
    let last = calling.events.events.last().expect("the step has events");
    assert!(last.starts_with("{\"type\":\"STEP_FINISHED\""), "{last}");
    assert_eq!(finished.events.first, calling.events.last + 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_with_repeatable_calls_is_stored_once() {
    for once in ["", "get_weather"] {
        let script = Script::of([two_calls(), last()]);
        let library = Library::new(LATENCY, once);
        let observed = Scenario::new(&script, &library.tools).play().await;
        assert_eq!(observed.steps.len(), 1);
        assert!(!observed.steps[0].messages[0].calling);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_needs_no_additional_write() {
    let refused = [call(0, "kb_lookup"), input(0, "{\"query\":7}"), end(0)];
    let script = Script::of([reply(refused, StopReason::ToolUse), last()]);
    let library = Library::new(LATENCY, "kb_lookup");
    let observed = Scenario::new(&script, &library.tools).play().await;
    assert_eq!(observed.steps.len(), 1, "no call is made");
    assert_eq!(
        outcomes(&observed.steps[0].messages[1]),
        [ToolOutcome::Error]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reclaiming_worker_repeats_only_repeatable_calls() {
    let script = Script::of([last()]);
    let library = Library::new(LATENCY, "kb_lookup");
    let scenario = Scenario {
        first_step: 2,
        stored: vec![calling()],
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert!(library.calls().is_empty());
    let step = &observed.steps[0].messages;
    let done = Message {
        calling: false,
        id: step[0].id.clone(),
        ..calling()
    };
    assert_eq!(step[0], done, "ids are those that were streamed");
    let stored = results(&step[1]);
    assert_eq!(
        outcomes(&step[1]),
        [ToolOutcome::Error, ToolOutcome::Success]
    );
    assert_eq!(stored[0].call_id.as_str(), "tc_lookup");
    assert!(
        stored[0].content.contains("not made again"),
        "{}",
        stored[0].content
    );
    assert_eq!(stored[1].call_id.as_str(), "tc_clock");

    assert_eq!(events_of(&observed, "TOOL_CALL_RESULT").len(), 2);
    assert!(
        events_of(&observed, "TOOL_CALL_START").is_empty(),
        "the calls were streamed before"
    );
    assert_eq!(
        events_of(&observed, "STEP_STARTED"),
        ["STEP_STARTED turn-3"]
    );
    assert_eq!(requests(&script), 1, "the model call is not repeated");
    let requests = script.requests.lock().expect("one test, one thread");
    let answers = &requests[0]
        .turns
        .last()
        .expect("the request has turns")
        .parts;
    assert!(matches!(answers[0], Part::ToolResult { error: true, .. }));
    assert!(matches!(answers[1], Part::ToolResult { error: false, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_reclaiming_worker_repeats_a_repeatable_call() {
    let script = Script::of([last()]);
    let library = Library::new(LATENCY, "current_time");
    let scenario = Scenario {
        first_step: 2,
        stored: vec![calling()],
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(library.calls().len(), 1);
    let step = &observed.steps[0].messages;
    assert_eq!(
        outcomes(&step[1]),
        [ToolOutcome::Success, ToolOutcome::Error]
    );
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_the_step_limit_get_results_after_a_crash() {
    // The limit may have been higher when the step started.
    for first_step in [3, 5] {
        let script = Script::of([]);
        let library = Library::new(LATENCY, "kb_lookup");
        let scenario = Scenario {
            first_step,
            stored: vec![calling()],
            ..Scenario::new(&script, &library.tools)
        };
        let observed = scenario.play().await;
        assert_eq!(observed.outcome(), Outcome::OutOfSteps);
        assert_eq!(
            observed.messages().len(),
            2,
            "message and results are stored with the end"
        );
        assert!(!observed.messages()[0].calling);
    }
}

#[tokio::test(start_paused = true)]
async fn a_calling_message_of_another_run_is_not_changed() {
    let script = Script::of([last()]);
    let other = Message {
        run_id: RunId::trusted("r_0"),
        ..calling()
    };
    let tools = tools();
    let scenario = Scenario {
        stored: vec![other],
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.messages().len(), 1);
    assert!(events_of(&observed, "TOOL_CALL_RESULT").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_before_its_reclaim_makes_no_call() {
    let script = Script::of([]);
    let library = Library::new(LATENCY, "current_time");
    let scenario = Scenario {
        first_step: 2,
        stored: vec![calling()],
        cancel: Some((Duration::ZERO, CancelReason::User)),
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(
        outcomes(&observed.messages()[1]),
        [ToolOutcome::Cancelled, ToolOutcome::Error]
    );
}

#[tokio::test(start_paused = true)]
async fn cancellation_while_the_message_is_stored_makes_no_call() {
    let script = Script::of([two_calls()]);
    let library = Library::new(LATENCY, "kb_lookup");
    let scenario = Scenario {
        store_latency: Duration::from_secs(5),
        cancel: Some((Duration::from_secs(2), CancelReason::User)),
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.duration, Duration::from_secs(2));
    assert!(library.calls().is_empty());
    assert_eq!(
        outcomes(&observed.messages()[1]),
        [ToolOutcome::Cancelled; 2]
    );
    let stored = results(&observed.messages()[1]);
    assert_eq!(stored[0].content, "The call was cancelled.");
    assert!(
        events_of(&observed, "CUSTOM").is_empty(),
        "no call has a status"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_cancelled_under_way_may_have_taken_effect() {
    let script = Script::of([two_calls()]);
    let library = Library::new(Duration::from_secs(8), "kb_lookup");
    let scenario = Scenario {
        cancel: Some((Duration::from_secs(2), CancelReason::User)),
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    let stored = results(&observed.messages()[1]);
    assert_eq!(stored[0].outcome, ToolOutcome::Cancelled);
    assert!(
        stored[0].content.contains("may have taken effect"),
        "{}",
        stored[0].content
    );
    assert_eq!(stored[1].outcome, ToolOutcome::Success);
}
