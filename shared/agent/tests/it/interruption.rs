//! A run is cancelled, or its worker crashes, at every moment of its life.

use std::collections::BTreeMap;
use std::time::Duration;

use longwire_agent::context_window::Window;
use longwire_agent::model::{Delta, ReasoningDelta, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::run::CancelReason;
use serde_json::Value;

use crate::context_window::rules::check;
use crate::context_window::turns;
use crate::scenario::{Observed, Scenario, StoredStep};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::Library;

const TICK: Duration = Duration::from_millis(5);

/// Reply with every kind of block that leads to events; takes about 160 ms.
fn tool_use() -> Call {
    let reasoning = |text: &str| Delta::Reasoning {
        block: 0,
        delta: ReasoningDelta::Text(text.to_owned()),
    };
    let deltas = [
        reasoning("Hm, "),
        reasoning("rates."),
        end(0),
        text(1, "Let me "),
        text(1, "see."),
        end(1),
        call(2, "kb_lookup"),
        call(3, "current_time"),
        input(2, "{\"query\":"),
        input(3, "{\"timezone\":"),
        input(2, "\"rates\"}"),
        input(3, "\"UTC\"}"),
        end(3),
        end(2),
    ];
    reply(deltas, StopReason::ToolUse)
}

fn last() -> Call {
    reply(
        [text(0, "So "), text(0, "be it."), end(0)],
        StopReason::EndTurn,
    )
}

/// Stored conversation after `steps` and `end` were stored behind `before`.
fn conversation<'a>(
    before: &[Message],
    steps: impl IntoIterator<Item = &'a StoredStep>,
    end: &[Message],
) -> Vec<Message> {
    let mut stored = before.to_vec();
    let steps = steps.into_iter().flat_map(|step| &step.messages);
    for message in steps.chain(end) {
        // A message that is stored again replaces its earlier version.
        stored.pop_if(|last| last.id == message.id);
        stored.push(message.clone());
    }
    stored
}

/// Checks that the next prompt on the thread makes a request that Bedrock accepts.
fn check_next_prompt(stored: &[Message]) -> Result<(), String> {
    let run = RunId::trusted("r_2");
    let prompt = |id, text: &str| Message::user(MessageId::trusted(id), run.clone(), text);
    let mut all = vec![prompt("u_1", "Well?")];
    all.extend_from_slice(stored);
    all.push(prompt("u_2", "And?"));
    check(&turns(&all, Window::default()))
}

/// Checks that every start event has its end event, and every call one result.
fn check_pairs(events: &[Value]) -> Result<(), String> {
    let mut open: Vec<(&str, &Value)> = Vec::new();
    for event in events {
        let kind = event["type"].as_str().ok_or("an event without a type")?;
        let (opens, id) = match kind {
            "STEP_STARTED" | "STEP_FINISHED" => (kind == "STEP_STARTED", "stepName"),
            "TEXT_MESSAGE_START" | "REASONING_START" | "REASONING_MESSAGE_START" => {
                (true, "messageId")
            }
            "TEXT_MESSAGE_END" | "REASONING_END" | "REASONING_MESSAGE_END" => (false, "messageId"),
            "TOOL_CALL_START" => {
                open.push(("TOOL_CALL_RESULT", &event["toolCallId"]));
                (true, "toolCallId")
            }
            "TOOL_CALL_END" | "TOOL_CALL_RESULT" => (false, "toolCallId"),
            _ => continue,
        };
        let item = match kind {
            "TOOL_CALL_RESULT" => kind,
            _ => kind.trim_end_matches(|c| c != '_'),
        };
        if opens {
            open.push((item, &event[id]));
            continue;
        }
        let position = open
            .iter()
            .rposition(|opened| *opened == (item, &event[id]));
        open.remove(position.ok_or_else(|| format!("{event} has no start"))?);
    }
    match open.as_slice() {
        [] => Ok(()),
        open => Err(format!("no end of {open:?}")),
    }
}

/// Texts that a client received, by id.
fn received_texts(events: &[Value]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for event in events {
        if event["type"] == "TEXT_MESSAGE_CONTENT" {
            let id = event["messageId"].as_str().unwrap_or_default().to_owned();
            let text: &mut String = texts.entry(id).or_default();
            text.push_str(event["delta"].as_str().unwrap_or_default());
        }
    }
    texts
}

/// Texts that are stored, by id.
fn stored_texts(stored: &[Message]) -> BTreeMap<String, String> {
    let blocks = stored.iter().flat_map(|message| &message.blocks);
    let texts = blocks.filter_map(|block| match block {
        Block::Text { id, text } => Some((id.as_str().to_owned(), text.clone())),
        _ => None,
    });
    texts.collect()
}

/// Checks the events and the stored conversation of a run that has ended.
fn check_run(observed: &Observed) -> Result<(), String> {
    let stored = conversation(&[], &observed.steps, observed.messages());
    check_pairs(&observed.events)?;
    check_next_prompt(&stored)?;
    if received_texts(&observed.events) != stored_texts(&stored) {
        return Err("the client received other texts than were stored".to_owned());
    }
    match stored.iter().any(|message| message.calling) {
        true => Err("a message is still marked as calling".to_owned()),
        false => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_cancelled_at_any_moment() {
    for once in ["", "kb_lookup"] {
        let library = Library::new(Duration::from_millis(60), once);
        let mut cancelled = 0;
        for at in (0..80).map(|tick| TICK * tick) {
            let script = Script::of([tool_use(), last()]);
            let scenario = Scenario {
                reasoning: true,
                cancel: Some((at, CancelReason::User)),
                store_latency: Duration::from_millis(20),
                ..Scenario::new(&script, &library.tools)
            };
            let observed = scenario.play().await;
            check_run(&observed)
                .unwrap_or_else(|error| panic!("{at:?}: {error}\n{:#?}", observed.summary()));
            match observed.outcome() {
                Outcome::Cancelled(CancelReason::User) => cancelled += 1,
                outcome => assert_eq!(outcome, Outcome::Answered, "{at:?}"),
            }
            assert!(observed.duration <= Duration::from_millis(300), "{at:?}");
        }
        assert!((40..80).contains(&cancelled), "{cancelled} of 80");
    }
}

/// Script for the worker after a crash.
fn script_after(stored: &[Message]) -> Script {
    match stored {
        [] => Script::of([tool_use(), last()]),
        [..] => Script::of([last()]),
    }
}

fn first_step(stored: &[Message]) -> u32 {
    let finished = stored
        .iter()
        .filter(|message| message.role == Role::Assistant && !message.calling);
    u32::try_from(finished.count()).expect("a few") + 1
}

#[tokio::test(start_paused = true)]
async fn a_worker_can_crash_at_any_moment() {
    let library = Library::new(Duration::from_millis(60), "kb_lookup");
    let mut during_calls = 0;
    for crash_after in (0..80).map(|tick| TICK * tick) {
        let calls_before = library.calls().len();
        let script = script_after(&[]);
        let scenario = Scenario {
            store_latency: Duration::from_millis(20),
            ..Scenario::new(&script, &library.tools)
        };
        let Err(steps) = scenario.play_for(crash_after).await else {
            continue;
        };
        let before = conversation(&[], &steps, &[]);
        during_calls += usize::from(before.len() == 1);
        let script = script_after(&before);
        let scenario = Scenario {
            first_step: first_step(&before),
            stored: before.clone(),
            ..Scenario::new(&script, &library.tools)
        };
        let observed = scenario.play().await;
        assert_eq!(observed.outcome(), Outcome::Answered, "{crash_after:?}");
        let stored = conversation(&before, &observed.steps, observed.messages());
        check_next_prompt(&stored)
            .unwrap_or_else(|error| panic!("{crash_after:?}: {error}\n{stored:#?}"));
        let calls = library.calls().len() - calls_before;
        assert!(calls <= 1, "{crash_after:?}: the call was made twice");
        let roles: Vec<_> = stored.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::Assistant, Role::User, Role::Assistant]);
        assert!(stored.iter().all(|message| !message.calling));
    }
    assert!(during_calls >= 10, "{during_calls}");
}
