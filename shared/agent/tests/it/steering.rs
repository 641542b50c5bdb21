//! Texts that the user sends to a run while it is unfinished.

use std::time::Duration;

use longwire_agent::model::{Part, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::message::{Message, Role};
use longwire_core::run::CancelReason;

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, input, reply, text};
use crate::tools::{Library, tools};

/// Reply that calls a tool.
fn asks() -> Call {
    reply([call(1, "current_time"), end(1)], StopReason::ToolUse)
}

/// Reply that ends the turn.
fn answers(answer: &str) -> Call {
    reply([text(0, answer), end(0)], StopReason::EndTurn)
}

async fn play(
    calls: impl IntoIterator<Item = Call>,
    texts: &[(u64, &'static str)],
) -> (Observed, Script) {
    let script = Script::of(calls);
    let tools = tools();
    let observed = scenario(&script, &tools, texts).play().await;
    (observed, script)
}

fn scenario<'a>(
    script: &'a Script,
    tools: &'a longwire_tools::toolbox::Tools,
    texts: &[(u64, &'static str)],
) -> Scenario<'a> {
    let texts = texts
        .iter()
        .map(|(ms, text)| (Duration::from_millis(*ms), *text));
    Scenario {
        texts: texts.collect(),
        ..Scenario::new(script, tools)
    }
}

/// Last turn of the request of this number: the texts, and `result` for each result.
fn last_turn(script: &Script, request: usize) -> Vec<String> {
    let requests = script.requests.lock().expect("one test, one thread");
    let last = requests[request].turns.last().expect("a turn");
    assert_eq!(last.role, Role::User);
    let parts = last.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::ToolResult { .. } => Some("result".to_owned()),
        _ => None,
    });
    parts.collect()
}

fn requests(script: &Script) -> usize {
    script.requests.lock().expect("one test, one thread").len()
}

/// Kinds of messages, in order.
fn kinds(messages: &[Message]) -> Vec<&str> {
    let kind = |message: &'_ Message| match message.role {
        Role::Assistant if message.calling => "calling",
        Role::Assistant => "reply",
        Role::User if message.steered => "text",
        Role::User => "results",
    };
    messages.iter().map(kind).collect()
}

/// Values of the events that tell of texts.
fn told(observed: &Observed) -> Vec<String> {
    let events = observed.events.iter();
    let steered = events.filter(|event| event["name"] == "lw.steered");
    steered.map(|event| event["value"].to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_text_during_a_step_follows_its_results_in_the_next_call() {
    let (observed, script) = play([asks(), answers("So.")], &[(5, "in Celsius")]).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    assert_eq!(last_turn(&script, 1), ["result", "in Celsius"]);
    assert_eq!(kinds(&observed.steps[0].messages), ["reply", "results"]);
    assert_eq!(kinds(observed.messages()), ["text", "reply"]);
    assert_eq!(
        told(&observed),
        [r#"{"messageId":"s_1","text":"in Celsius"}"#]
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_before_the_first_call_follows_the_prompt() {
    let (observed, script) = play([answers("So.")], &[(0, "in Celsius"), (0, "please")]).await;
    assert_eq!(last_turn(&script, 0), ["Well?", "in Celsius", "please"]);
    assert_eq!(kinds(observed.messages()), ["text", "text", "reply"]);
    assert_eq!(told(&observed).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_text_during_the_answer_leads_to_another_step() {
    let (observed, script) = play([answers("So."), answers("Well.")], &[(5, "in Celsius")]).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    assert_eq!(last_turn(&script, 1), ["in Celsius"]);
    assert_eq!(kinds(&observed.steps[0].messages), ["reply"]);
    assert_eq!(kinds(observed.messages()), ["text", "reply"]);
}

#[tokio::test(start_paused = true)]
async fn a_text_is_stored_before_the_calls_that_must_not_be_repeated() {
    let lookup = || {
        let deltas = [
            call(1, "kb_lookup"),
            input(1, "{\"query\":\"rates\"}"),
            end(1),
        ];
        reply(deltas, StopReason::ToolUse)
    };
    let script = Script::of([lookup(), answers("So.")]);
    let library = Library::new(Duration::ZERO, "kb_lookup");
    let observed = scenario(&script, &library.tools, &[(0, "in Celsius")])
        .play()
        .await;
    assert_eq!(kinds(&observed.steps[0].messages), ["text", "calling"]);
    assert_eq!(kinds(&observed.steps[1].messages), ["reply", "results"]);
    assert_eq!(kinds(observed.messages()), ["reply"]);
}

#[tokio::test(start_paused = true)]
async fn a_text_after_the_last_step_is_left_to_the_end_of_the_run() {
    let (observed, script) = play([asks(), asks(), answers("So.")], &[(85, "in Celsius")]).await;
    assert_eq!(requests(&script), 3);
    assert_eq!(observed.outcome(), Outcome::OutOfSteps);
    assert_eq!(kinds(observed.messages()), ["reply"]);
    assert!(told(&observed).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_takes_in_no_text() {
    let script = Script::of([asks(), answers("So.")]);
    let tools = tools();
    let observed = Scenario {
        cancel: Some((Duration::from_millis(5), CancelReason::User)),
        ..scenario(&script, &tools, &[(1, "in Celsius")])
    }
    .play()
    .await;
    assert_eq!(observed.outcome(), Outcome::Cancelled(CancelReason::User));
    assert_eq!(kinds(observed.messages()), ["reply"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_a_filter_stopped_does_not_go_on() {
    let filtered = reply([text(0, "So."), end(0)], StopReason::GuardrailIntervened);
    let (observed, script) = play([filtered], &[(5, "in Celsius")]).await;
    assert_eq!(
        (observed.outcome(), requests(&script)),
        (Outcome::Refused, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_reply_to_a_text_is_no_complete_answer() {
    let empty = || reply([], StopReason::EndTurn);
    let (observed, script) = play([asks(), empty(), answers("So.")], &[(5, "in Celsius")]).await;
    assert_eq!(observed.outcome(), Outcome::Answered);
    assert_eq!(requests(&script), 3, "the call is tried again");
}
