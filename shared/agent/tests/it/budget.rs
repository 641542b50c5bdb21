//! Model calls that the user's budget allows, and those that it does not.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use longwire_agent::budget::{ModelCall, Reserve, ReserveError, fixed_tokens, message_tokens};
use longwire_agent::error::AgentError;
use longwire_agent::model::{Delta, ModelErrorKind, StopReason};
use longwire_agent::outcome::Outcome;
use longwire_core::message::Usage;
use longwire_core::run::{CancelReason, RunErrorCode};

use crate::scenario::{Observed, Scenario};
use crate::script::{Call, Script, call, end, reply, text};
use crate::tools::tools;

/// Budget that allows this many calls, and the calls for which it was asked.
fn budget(allowed: usize) -> (Reserve, Arc<Mutex<Vec<ModelCall>>>) {
    let calls: Arc<Mutex<Vec<ModelCall>>> = Arc::default();
    let asked = calls.clone();
    let reserve: Reserve = Arc::new(move |call| {
        let mut asked = asked.lock().expect("one test, one thread");
        asked.push(call);
        let answer = if asked.len() <= allowed {
            Ok(())
        } else {
            let text = "The tokens of this day are used up.".to_owned();
            Err(ReserveError::OverBudget { text })
        };
        async { answer }.boxed()
    });
    (reserve, calls)
}

/// Script of a run with two model calls.
fn two_steps() -> Script {
    Script::of([
        reply([call(0, "current_time"), end(0)], StopReason::ToolUse),
        reply([text(0, "There."), end(0)], StopReason::EndTurn),
    ])
}

#[tokio::test(start_paused = true)]
async fn each_model_call_is_reserved_with_its_step_and_size() {
    let script = two_steps();
    let (reserve, calls) = budget(2);
    let tools = tools();
    let mut scenario = Scenario::new(&script, &tools);
    scenario.reserve = Some(reserve);
    assert_eq!(scenario.play().await.outcome(), Outcome::Answered);
    let calls = calls.lock().expect("one test, one thread");
    let steps: Vec<u32> = calls.iter().map(|call| call.step).collect();
    assert_eq!(steps, [1, 2]);
    assert!(calls[0].input_tokens < calls[1].input_tokens);
    assert!(calls.iter().all(|call| call.max_output_tokens == 100));
}

#[tokio::test(start_paused = true)]
async fn a_run_over_budget_stops_between_steps_and_says_why() {
    let script = Script::of([reply(
        [call(0, "current_time"), end(0)],
        StopReason::ToolUse,
    )]);
    let (reserve, _) = budget(1);
    let tools = tools();
    let mut scenario = Scenario::new(&script, &tools);
    scenario.reserve = Some(reserve);
    let observed = scenario.play().await;
    let over_budget = Outcome::Cancelled(CancelReason::Budget);
    assert_eq!(observed.outcome(), over_budget);
    assert!(observed.messages().is_empty(), "the step is stored");
    let last = observed.events.last().expect("events");
    assert_eq!(last["name"], "lw.status");
    assert_eq!(last["value"]["text"], "The tokens of this day are used up.");
    let started = observed.summary();
    let started = started
        .iter()
        .filter(|entry| entry.starts_with("STEP_STARTED"));
    assert_eq!(started.count(), 1);
}

fn error(observed: Observed) -> AgentError {
    match observed.exit {
        Err(error) => error,
        Ok(exit) => panic!("not a failure: {exit:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_reserved_is_not_made() {
    for (reason, code) in [
        (ReserveError::NoPrice, RunErrorCode::ModelMisconfigured),
        (ReserveError::Failed, RunErrorCode::Internal),
    ] {
        let script = Script::of([]);
        let tools = tools();
        let mut scenario = Scenario::new(&script, &tools);
        scenario.reserve = Some(Arc::new(move |_| {
            let reason = reason.clone();
            async { Err(reason) }.boxed()
        }));
        let error = error(scenario.play().await);
        assert_eq!((error.code(), error.usage()), (code, None));
        let requests = script.requests.lock().expect("one test, one thread");
        assert!(requests.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_names_the_tokens_that_it_did_cost() {
    let tools = tools();
    let usage = async |calls: Vec<Call>| {
        let script = Script::of(calls);
        let observed = Scenario::new(&script, &tools).play().await;
        error(observed).usage()
    };
    let refused = Call::Fails(ModelErrorKind::Misconfigured);
    assert_eq!(usage(vec![refused]).await, None);

    let broken = Call::Breaks(vec![text(0, "123456")], ModelErrorKind::Stream);
    let estimated = usage(vec![broken]).await.expect("tokens");
    assert!(estimated.estimated && estimated.input_tokens > 0);
    assert_eq!(estimated.output_tokens, 2);

    let reported = Usage {
        input_tokens: 10,
        output_tokens: 1,
        total_tokens: 11,
        ..Usage::default()
    };
    let metadata = Delta::Metadata {
        usage: Some(reported),
        latency_ms: None,
    };
    let deltas = vec![text(0, "1"), metadata];
    let broken = Call::Breaks(deltas, ModelErrorKind::Stream);
    assert_eq!(usage(vec![broken]).await, Some(reported));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_call_is_reserved_with_the_tokens_of_the_tries_before() {
    let calls = || {
        [
            Call::Fails(ModelErrorKind::Throttled),
            Call::Breaks(vec![], ModelErrorKind::Stream),
            reply([text(0, "There."), end(0)], StopReason::EndTurn),
        ]
    };
    let tools = tools();
    for (allowed, outcome, made) in [
        (2, Outcome::Answered, 3),
        (1, Outcome::Cancelled(CancelReason::Budget), 2),
    ] {
        let script = Script::of(calls());
        let (reserve, asked) = budget(allowed);
        let mut scenario = Scenario::new(&script, &tools);
        scenario.reserve = Some(reserve);
        let observed = scenario.play().await;
        assert_eq!(observed.outcome(), outcome);
        let made_calls = script.requests.lock().expect("one test, one thread").len();
        assert_eq!(made_calls, made);

        let asked = asked.lock().expect("one test, one thread");
        let spent: Vec<Option<u64>> = asked
            .iter()
            .map(|call| call.spent.map(|usage| usage.input_tokens))
            .collect();
        let request = asked[0].input_tokens;
        assert_eq!(spent, [None, Some(request)], "a refused call costs nothing");
        let usage = observed.messages()[0].usage.expect("tokens");
        assert!(usage.estimated && usage.input_tokens >= request);
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_request_is_estimated_from_the_last_one_and_its_messages() {
    let script = two_steps();
    let (reserve, calls) = budget(2);
    let tools = tools();
    let mut scenario = Scenario::new(&script, &tools);
    scenario.reserve = Some(reserve);
    let observed = scenario.play().await;
    let calls = calls.lock().expect("one test, one thread");
    let estimated = calls[0].input_tokens + message_tokens(&observed.steps[0].messages);
    assert!(
        (estimated..estimated + 20).contains(&calls[1].input_tokens),
        "{estimated} {calls:?}"
    );
    let requests = script.requests.lock().expect("one test, one thread");
    let fixed = fixed_tokens(&requests[0].system, &requests[0].tools);
    assert!(fixed > 0 && fixed < calls[0].input_tokens);
}
