//! Repetitions of events that start runs.

use std::time::Duration;

use emulator::Emulator;
use longwire_store::users::Users;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stage::{Stage, event};

/// Request with a prompt for the user `u_7`, and a thread if one is named.
fn prompt(thread: Option<&str>, id: &str) -> Value {
    let mut request =
        json!({"target": {"userId": "u_7"}, "event": event(id), "prompt": "Tell the user."});
    if let Some(thread) = thread {
        request["target"]["threadId"] = json!(thread);
    }
    request
}

#[tokio::test(start_paused = true)]
async fn a_repetition_starts_no_run_when_the_thread_is_gone() {
    for named in [None, Some("t_1")] {
        let mut stage = Stage::new();
        let request = prompt(named, "e1");
        let first = stage.invoke(&request).await.expect("a response");
        assert_eq!(stage.jobs().len(), 1);
        stage.lose_threads();
        let again = stage.invoke(&request).await;
        assert_eq!(again, Ok(first));
        assert_eq!(stage.jobs().len(), 1, "on {named:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_names_another_thread_is_the_same_run() {
    let stage = Stage::new();
    let first = stage.invoke(&prompt(Some("t_1"), "e1")).await;
    let first = first.expect("a response");
    for thread in [Some("t_2"), None] {
        let again = stage.invoke(&prompt(thread, "e1")).await;
        assert_eq!(again, Ok(first.clone()), "{thread:?}");
    }
    assert_eq!(stage.jobs().len(), 1);
    let other =
        json!({"target": {"userId": "u_8"}, "event": event("e1"), "prompt": "Tell the user."});
    stage.invoke(&other).await.expect("a response");
    assert_eq!(stage.jobs().len(), 2, "each user has a run of the event");
}

#[tokio::test(start_paused = true)]
async fn a_repetition_of_a_run_that_has_started_is_refused_by_no_limit() {
    let mut stage = Stage::new();
    let mut requests = ["t_1", "t_2", "t_3"].map(|thread| prompt(Some(thread), thread));
    let mut responses = Vec::new();
    for request in &requests {
        responses.push(stage.invoke(request).await.expect("a response"));
    }
    let (kind, _) = stage
        .invoke(&prompt(Some("t_4"), "e4"))
        .await
        .expect_err("a refusal");
    assert_eq!(kind, "RateLimited");
    stage.deps.settings.limits =
        serde_json::from_value(json!({"default": {"threads": 1}})).expect("limits");
    stage.lose_threads();
    for (request, response) in requests.iter_mut().zip(responses) {
        assert_eq!(stage.invoke(request).await, Ok(response));
    }
    assert_eq!(stage.jobs().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_without_a_note_is_known_by_its_id() {
    for named in [None, Some("t_1")] {
        let mut stage = Stage::new();
        let request = prompt(named, "e1");
        let first = stage.invoke(&request).await.expect("a response");
        stage.deps.users = Users::new(Emulator::users().client(), "users");
        assert_eq!(stage.invoke(&request).await, Ok(first));
        let runs: Vec<_> = stage
            .jobs()
            .into_iter()
            .map(|job| job["runId"].clone())
            .collect();
        assert!(runs.windows(2).all(|two| two[0] == two[1]), "{runs:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_takes_too_long_ends_before_its_admission_does_and_can_be_repeated() {
    let mut stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    stage.use_threads(emulator::silent());
    let began = Instant::now();
    let failed = stage
        .invoke(&prompt(None, "e1"))
        .await
        .expect_err("a failure");
    assert_eq!(
        failed,
        (
            "Unavailable".to_owned(),
            "the run was not started in time".to_owned()
        )
    );
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    assert!(stage.frames("a").is_empty());
    stage.lose_threads();
    let response = stage.invoke(&prompt(None, "e1")).await.expect("a response");
    assert_eq!(response["delivered"], 1);
    assert_eq!(stage.jobs().len(), 1);
}
