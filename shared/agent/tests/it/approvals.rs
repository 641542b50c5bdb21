//! Calls that a person approves before they are made.

use std::time::Duration;

use longwire_agent::approvals::{ApprovedCall, ApprovedCalls};
use longwire_agent::model::{Part, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::approval::Decision;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role, open_calls};
use longwire_core::run::CancelReason;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult, ToolSpec};
use serde_json::{Value, json};

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::{Library, tools, tools_with_approvals};

const LATENCY: Duration = Duration::from_secs(1);

fn last() -> Call {
    reply([text(0, "So."), end(0)], StopReason::EndTurn)
}

fn requests(script: &Script) -> usize {
    script.requests.lock().expect("one test, one thread").len()
}

/// Answer of the run before this one, with these calls.
fn answer(calls: &[(&str, &str, &str)]) -> Message {
    let call = |(id, name, arguments): &(&str, &str, &str)| {
        Block::ToolCall(ToolCall {
            id: CallId::trusted(*id),
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
            parent: MessageId::trusted("m_1"),
        })
    };
    let blocks = calls.iter().map(call).collect();
    Message::new(Role::Assistant, RunId::trusted("r_0"), blocks)
}

/// First message of the run, with these results of calls that were denied.
fn first(denied: &[&str]) -> Message {
    let result = |id: &&str| {
        Block::ToolResult(ToolResult {
            message_id: MessageId::trusted(format!("m_{id}")),
            call_id: CallId::trusted(*id),
            outcome: ToolOutcome::Denied,
            content: "The user denied the call.".to_owned(),
            decision: None,
        })
    };
    let blocks = denied.iter().map(result).collect();
    Message {
        id: MessageId::trusted("m_first"),
        calling: true,
        ..Message::new(Role::User, RunId::trusted("r_1"), blocks)
    }
}

fn approved(calls: &[(&str, Option<&str>)]) -> ApprovedCalls {
    let call = |(id, edited): &(&str, Option<&str>)| ApprovedCall {
        id: CallId::trusted(*id),
        decision: Decision {
            approved: true,
            reason: None,
            edited_args: edited.map(str::to_owned),
            by: None,
            at: 7,
        },
    };
    ApprovedCalls {
        calls: calls.iter().map(call).collect(),
        maybe_made: false,
    }
}

fn door() -> Vec<ToolSpec> {
    vec![ToolSpec {
        name: "open_door".to_owned(),
        description: "Opens the door.".to_owned(),
        input_schema: json!({ "type": "object" }),
    }]
}

fn results(message: &Message) -> Vec<(&str, ToolOutcome)> {
    let results = message.results();
    results
        .map(|result| (result.call_id.as_str(), result.outcome))
        .collect()
}

/// Values of `lw.approval`, in the order of the calls.
fn needed(observed: &Observed) -> Vec<&Value> {
    let events = observed.events.iter();
    let starts = events.filter(|event| event["type"] == "TOOL_CALL_START");
    starts
        .map(|start| &start["metadata"]["lw.approval"])
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_needs_approval_ends_the_run_after_the_others_were_made() {
    let rome = json!({ "properties": { "timezone": { "const": "Europe/Rome" } } });
    let tools = tools_with_approvals(&json!({ "current_time": { "if": rome } }));
    let script = Script::of([reply(
        [
            call(0, "current_time"),
            input(0, "{\"timezone\":\"Europe/Rome\"}"),
            end(0),
            call(1, "current_time"),
            input(1, "{\"timezone\":\"UTC\"}"),
            end(1),
        ],
        StopReason::ToolUse,
    )]);
    let observed = Scenario::new(&script, &tools).play().await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!(needed(&observed), ["rule", "rule"]);
    let [answer, made] = observed.messages() else {
        panic!("an answer and results: {:?}", observed.messages())
    };
    let calls: Vec<_> = answer.calls().map(|call| call.id.as_str()).collect();
    assert_eq!(results(made), [(calls[1], ToolOutcome::Success)]);
    let open = open_calls(observed.messages());
    assert_eq!(open[0].id.as_str(), calls[0]);
}

#[tokio::test(start_paused = true)]
async fn approved_calls_are_made_before_the_model_is_called() {
    let calls = [
        ("tc_1", "kb_lookup", "{\"query\":\"rates\"}"),
        ("tc_2", "current_time", "{\"timezone\":\"UTC\"}"),
    ];
    let script = Script::of([last()]);
    let library = Library::new(LATENCY, "");
    let scenario = Scenario {
        stored: vec![answer(&calls), first(&["tc_2"])],
        approved: approved(&[("tc_1", None)]),
        store_latency: LATENCY,
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    // The first message is stored before the call is made, and again with its result.
    let [before, after] = &observed.steps[..] else {
        panic!("two writes: {:?}", observed.steps)
    };
    assert!(before.messages[0].calling && !after.messages[0].calling);
    assert_eq!(before.messages[0].id, after.messages[0].id);
    assert_eq!(
        results(&after.messages[0]),
        [
            ("tc_2", ToolOutcome::Denied),
            ("tc_1", ToolOutcome::Success)
        ]
    );
    let made = after.messages[0].results().last().expect("a result");
    assert!(
        made.decision
            .as_ref()
            .is_some_and(|decision| decision.approved)
    );
    assert_eq!(library.calls().len(), 1);
    let kinds: Vec<_> = observed.events.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds[..3], ["CUSTOM", "TOOL_CALL_RESULT", "STEP_STARTED"]);
    let requests = script.requests.lock().expect("one test, one thread");
    let turn = requests[0].turns.last().expect("a turn");
    let given = turn.parts.iter().filter_map(|part| match part {
        Part::ToolResult { id, error, .. } => Some((id.as_str(), *error)),
        _ => None,
    });
    assert_eq!(given.collect::<Vec<_>>(), [("tc_1", false), ("tc_2", true)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_made_with_the_arguments_that_a_person_edited() {
    let calls = [("tc_1", "current_time", "{\"timezone\":\"UTC\"}")];
    let edited = "{\"timezone\":\"Europe/Rome\"}";
    let script = Script::of([last()]);
    let tools = tools_with_approvals(&json!({ "current_time": "always" }));
    let scenario = Scenario {
        stored: vec![answer(&calls), first(&[])],
        approved: approved(&[("tc_1", Some(edited))]),
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let result = observed.steps[1].messages[0].results().next();
    let content = &result.expect("a result").content;
    let note =
        format!("[The user changed the arguments of the call to {edited}.]\nIn Europe/Rome ");
    assert!(content.starts_with(&note), "{content}");
    let requests = script.requests.lock().expect("one test, one thread");
    let input = requests[0].turns.iter().flat_map(|turn| &turn.parts);
    let mut input = input.filter_map(|part| match part {
        Part::ToolCall { input, .. } => Some(input),
        _ => None,
    });
    assert_eq!(input.next(), Some(&json!({ "timezone": "UTC" })));
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_client_stay_open_and_the_model_is_not_called() {
    let calls = [
        ("tc_1", "open_door", "{}"),
        ("tc_2", "current_time", "{\"timezone\":\"UTC\"}"),
    ];
    let script = Script::of([]);
    let tools = tools();
    let scenario = Scenario {
        client_tools: door(),
        stored: vec![answer(&calls), first(&[])],
        approved: approved(&[("tc_2", None)]),
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    let [made] = observed.messages() else {
        panic!("one message: {:?}", observed.messages())
    };
    assert_eq!(results(made), [("tc_2", ToolOutcome::Success)]);
    assert!(!made.calling);
}

#[tokio::test(start_paused = true)]
async fn without_an_approved_call_those_of_the_client_stay_open_too() {
    let calls = [
        ("tc_1", "open_door", "{}"),
        ("tc_2", "current_time", "{\"timezone\":\"UTC\"}"),
    ];
    let denied = Message {
        calling: false,
        ..first(&["tc_2"])
    };
    let script = Script::of([]);
    let tools = tools();
    let scenario = Scenario {
        client_tools: door(),
        stored: vec![answer(&calls), denied],
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!((observed.messages(), requests(&script)), (&[][..], 0));
}

#[tokio::test(start_paused = true)]
async fn an_approved_call_is_not_repeated_after_a_crash() {
    let calls = [("tc_1", "kb_lookup", "{\"query\":\"rates\"}")];
    let script = Script::of([last()]);
    let library = Library::new(LATENCY, "");
    let scenario = Scenario {
        stored: vec![answer(&calls), first(&[])],
        approved: approved(&[("tc_1", None)]),
        ..Scenario::new(&script, &library.tools)
    };
    let Err(steps) = scenario.play_for(LATENCY / 2).await else {
        panic!("the worker crashes during the call")
    };
    let stored = steps.into_iter().flat_map(|step| step.messages);
    let scenario = Scenario {
        stored: [answer(&calls)].into_iter().chain(stored).collect(),
        approved: ApprovedCalls {
            maybe_made: true,
            ..approved(&[("tc_1", None)])
        },
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let result = observed.steps[0].messages[0].results().next();
    let result = result.expect("a result");
    assert_eq!(result.outcome, ToolOutcome::Error);
    assert!(
        result.content.contains("It may have taken effect"),
        "{}",
        result.content
    );
    assert!(result.decision.is_some());
    assert_eq!(library.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_makes_no_approved_call() {
    let calls = [
        ("tc_1", "kb_lookup", "{\"query\":\"rates\"}"),
        ("tc_2", "open_door", "{}"),
    ];
    let script = Script::of([]);
    let library = Library::new(LATENCY, "");
    let scenario = Scenario {
        client_tools: door(),
        cancel: Some((Duration::ZERO, CancelReason::User)),
        stored: vec![answer(&calls), first(&[])],
        approved: approved(&[("tc_1", None)]),
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    let results: Vec<_> = observed.messages().iter().flat_map(results).collect();
    let cancelled = ToolOutcome::Cancelled;
    assert_eq!(results, [("tc_1", cancelled), ("tc_2", cancelled)]);
    assert!(library.calls().is_empty());
}
