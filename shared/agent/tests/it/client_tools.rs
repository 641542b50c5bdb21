//! Calls of tools that the client runs, alone and beside calls of the server's tools.

use std::time::Duration;

use longwire_agent::model::{Delta, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role, open_calls};
use longwire_core::run::CancelReason;
use longwire_core::tool::{ToolCall, ToolOutcome, ToolSpec};
use serde_json::json;

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::{Library, tools};

fn door() -> Vec<ToolSpec> {
    vec![ToolSpec {
        name: "open_door".to_owned(),
        description: "Opens the door.".to_owned(),
        input_schema: json!({ "type": "object" }),
    }]
}

/// Reply that makes these calls.
fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str)>) -> Call {
    let deltas = (0..).zip(calls).flat_map(|(block, (name, arguments))| {
        [call(block, name), input(block, arguments), end(block)]
    });
    let deltas: Vec<Delta> = deltas.collect();
    reply(deltas, StopReason::ToolUse)
}

fn last() -> Call {
    reply([text(0, "So."), end(0)], StopReason::EndTurn)
}

async fn play(script: &Script) -> Observed {
    let tools = tools();
    let scenario = Scenario {
        client_tools: door(),
        ..Scenario::new(script, &tools)
    };
    scenario.play().await
}

/// Names of the calls that are left to the client.
fn left_open(observed: &Observed) -> Vec<&str> {
    let open = open_calls(observed.messages());
    open.iter().map(|call| call.name.as_str()).collect()
}

fn outcomes(messages: &[Message]) -> Vec<ToolOutcome> {
    let results = messages.iter().flat_map(Message::results);
    results.map(|result| result.outcome).collect()
}

/// Values of `lw.executor`, in the order of the calls.
fn executors(observed: &Observed) -> Vec<&str> {
    let starts = observed
        .events
        .iter()
        .filter(|event| event["type"] == "TOOL_CALL_START");
    starts
        .filter_map(|start| start["metadata"]["lw.executor"].as_str())
        .collect()
}

/// Contents of the results that clients received.
fn sent_results(observed: &Observed) -> usize {
    let events = observed.events.iter();
    events
        .filter(|event| event["type"] == "TOOL_CALL_RESULT")
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_call_of_the_client_ends_the_run_without_a_result() {
    let script = Script::of([calls([("open_door", "{}")])]);
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!(left_open(&observed), ["open_door"]);
    assert_eq!(executors(&observed), ["client"]);
    assert_eq!((observed.messages().len(), sent_results(&observed)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_server_in_the_same_step_get_their_results() {
    let time = ("current_time", "{\"timezone\":\"UTC\"}");
    let door = ("open_door", "{}");
    let script = Script::of([calls([door, time, door, time])]);
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!(left_open(&observed), ["open_door", "open_door"]);
    assert_eq!(
        executors(&observed),
        ["client", "server", "client", "server"]
    );
    let [answer, results] = observed.messages() else {
        panic!("an answer and results: {:?}", observed.messages())
    };
    let made: Vec<_> = answer.calls().map(|call| &call.id).collect();
    let answered: Vec<_> = results.results().map(|result| &result.call_id).collect();
    assert_eq!(answered, [made[1], made[3]]);
    assert_eq!(sent_results(&observed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_arguments_are_not_json_is_corrected_by_the_model() {
    let script = Script::of([calls([("open_door", "{\"door\":")]), last()]);
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    let stored: Vec<_> = observed
        .steps
        .iter()
        .flat_map(|step| &step.messages)
        .collect();
    let results: Vec<_> = stored
        .iter()
        .flat_map(|message| message.results())
        .collect();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].outcome, ToolOutcome::Error);
}

#[tokio::test(start_paused = true)]
async fn the_seventeenth_call_of_a_step_is_not_one_for_the_client() {
    let script = Script::of([calls([("open_door", "{}"); 17])]);
    let observed = play(&script).await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!(left_open(&observed).len(), 16);
    assert_eq!(outcomes(observed.messages()), [ToolOutcome::Error]);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_during_a_call_of_the_server_leaves_none_to_the_client() {
    let weather = ("get_weather", "{\"location\":\"Berlin\"}");
    let script = Script::of([calls([("open_door", "{}"), weather])]);
    let tools = tools();
    let scenario = Scenario {
        client_tools: door(),
        cancel: Some((Duration::from_secs(1), CancelReason::User)),
        ..Scenario::new(&script, &tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(outcomes(observed.messages()), [ToolOutcome::Cancelled; 2]);
    assert_eq!(sent_results(&observed), 2);
    assert!(left_open(&observed).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_calls_were_being_made_leaves_those_of_the_client_open() {
    let call = |id: &str, name: &str| {
        Block::ToolCall(ToolCall {
            id: CallId::trusted(id),
            name: name.to_owned(),
            arguments: "{\"query\":\"rates\"}".to_owned(),
            parent: MessageId::trusted("m_1"),
        })
    };
    let blocks = vec![call("tc_1", "kb_lookup"), call("tc_2", "open_door")];
    let calling = Message {
        calling: true,
        ..Message::new(Role::Assistant, RunId::trusted("r_1"), blocks)
    };
    let script = Script::of([]);
    let library = Library::new(Duration::from_secs(1), "kb_lookup");
    let scenario = Scenario {
        client_tools: door(),
        stored: vec![calling],
        ..Scenario::new(&script, &library.tools)
    };
    let observed = scenario.play().await;
    assert_eq!(observed.outcome(), Outcome::NeedsAnswers);
    assert_eq!(left_open(&observed), ["open_door"]);
    assert_eq!(outcomes(observed.messages()), [ToolOutcome::Error]);
    assert!(library.calls().is_empty(), "the call is not repeated");
}
