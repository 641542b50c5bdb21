//! Events that start runs.

use emulator::Emulator;
use longwire_core::identity::Identity;
use longwire_core::ids::{RunId, ThreadId, UserId};
use longwire_core::limits::LimitPolicy;
use longwire_core::options::{Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_core::run::{RunRow, RunStatus};
use longwire_core::run_input::RunInput;
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use longwire_store::users::budget::{Amount, Wanted};
use serde_json::{Value, json};

use super::stage::{NOW, Stage, event};

/// Request with a prompt, for a target.
fn prompt(target: &Value, id: &str) -> Value {
    json!({"target": target, "event": event(id), "prompt": "Tell the user."})
}

fn to_user(id: &str) -> Value {
    prompt(&json!({"userId": "u_7"}), id)
}

/// Event of EventBridge with this content.
fn of_bus(source: &str, detail: &Value) -> Value {
    json!({"detail-type": "longwire.push", "source": source, "detail": detail})
}

fn in_queue(body: &Value) -> Value {
    json!({"Records": [{
        "messageId": "m1", "receiptHandle": "r", "body": body.to_string(), "attributes": {},
        "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:pushes", "awsRegion": "eu-central-1"
    }]})
}

/// Row and input of the run that a response names.
async fn started(stage: &Stage, response: &Value) -> (RunRow, RunInput) {
    let key = ThreadKey {
        owner: UserId::trusted("u_7").owner(),
        thread_id: ThreadId::trusted(response["threadId"].as_str().expect("a thread")),
    };
    let run = RunId::trusted(response["runId"].as_str().expect("a run"));
    let threads = &stage.deps.threads;
    let row = threads.run_row(&key, &run).await.expect("the table works");
    let input = threads.input(&key, &run).await.expect("the table works");
    (row.expect("a row"), input.expect("an input"))
}

#[tokio::test(start_paused = true)]
async fn a_prompt_starts_a_run_on_the_thread_once() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let mut request = prompt(&json!({"userId": "u_7", "threadId": "t_1"}), "e1");
    request["notify"] = json!({"content": true});
    let response = stage.invoke(&request).await.expect("a response");
    let run = response["runId"].clone();
    assert_eq!(
        response,
        json!({"id": "e1", "delivered": 1, "gone": 0, "stored": 0, "threadId": "t_1", "runId": run})
    );
    let (row, input) = started(&stage, &response).await;
    assert_eq!(
        (row.status, row.on_gone, row.origin),
        (
            RunStatus::Queued,
            OnGone::Finish,
            Origin::service("/orders")
        )
    );
    assert!(row.subscribers.is_empty());
    assert_eq!(row.notify, Notify::Content);
    assert_eq!(input.prompt, "Tell the user.");
    let data: Value = serde_json::from_str(&input.event.expect("an event")).expect("JSON");
    assert_eq!(data, event("e1"));
    let frame = &stage.frames("a")[0];
    assert_eq!((&frame["threadId"], &frame["runId"]), (&json!("t_1"), &run));
    let again = stage.invoke(&request).await;
    assert_eq!(again, Ok(response));
    assert_eq!(stage.frames("a").len(), 1);
    let jobs = stage.jobs();
    assert!(jobs.iter().all(|job| job["runId"] == run), "{jobs:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_thread_the_run_begins_on_that_of_the_last_connection() {
    let stage = Stage::new();
    stage
        .connect("a", "u_7", "t_old", |row| row.connected_at -= 10)
        .await;
    stage.connect("b", "u_7", "t_new", |_| {}).await;
    stage.connect("c", "u_8", "t_other", |_| {}).await;
    let first = stage.invoke(&to_user("e1")).await.expect("a response");
    assert_eq!(first["threadId"], "t_new");
    stage
        .connect("d", "u_7", "t_newer", |row| row.connected_at += 10)
        .await;
    let again = stage.invoke(&to_user("e1")).await.expect("a response");
    assert_eq!(
        (&again["threadId"], &again["runId"]),
        (&first["threadId"], &first["runId"]),
        "the same event starts no run on another thread"
    );
    let next = stage.invoke(&to_user("e2")).await.expect("a response");
    assert_eq!(next["threadId"], "t_newer");
}

#[tokio::test(start_paused = true)]
async fn for_a_user_who_is_away_the_run_begins_on_a_new_thread_and_the_inbox_names_it() {
    let stage = Stage::new();
    let mut request = to_user("e1");
    request["durable"] = json!(true);
    let response = stage.invoke(&request).await.expect("a response");
    assert_eq!(
        (&response["delivered"], &response["stored"]),
        (&json!(0), &json!(1))
    );
    started(&stage, &response).await;
    let users = &stage.deps.users;
    let page = users.inbox(&UserId::trusted("u_7"), 0, 10, NOW).await;
    let run = page.expect("a page").events[0].run.clone().expect("a run");
    assert_eq!(json!(run.thread_id), response["threadId"]);
    assert_eq!(json!(run.run_id), response["runId"]);
    let next = stage.invoke(&to_user("e2")).await.expect("a response");
    assert_eq!(
        next["threadId"], response["threadId"],
        "the thread that was used last"
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_service_itself_or_a_listed_source_may_prompt() {
    for (invocation, may) in [
        (to_user("e1"), true),
        (of_bus("com.acme.orders", &to_user("e1")), true),
        (of_bus("com.acme.mail", &to_user("e1")), false),
        (of_bus("longwire.runs", &to_user("e1")), false),
        (
            of_bus(
                "com.acme.orders",
                &of_bus("com.acme.orders", &to_user("e1")),
            ),
            false,
        ),
        (
            json!({"Type": "Notification", "Message": to_user("e1").to_string()}),
            false,
        ),
        (
            json!({"Records": [{"Sns": {"Message": of_bus("com.acme.orders", &to_user("e1")).to_string()}}]}),
            false,
        ),
    ] {
        let stage = Stage::new();
        stage.connect("a", "u_7", "t_1", |_| {}).await;
        let response = stage.invoke(&invocation).await;
        assert_eq!(response.is_ok(), may, "{invocation} {response:?}");
        assert_eq!(stage.jobs().len(), usize::from(may), "{invocation}");
        assert_eq!(stage.frames("a").len(), usize::from(may), "{invocation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_the_queue_cannot_prompt_whatever_it_says_of_its_way() {
    for body in [to_user("e1"), of_bus("com.acme.orders", &to_user("e1"))] {
        let stage = Stage::new();
        let response = stage.invoke(&in_queue(&body)).await.expect("a response");
        assert_eq!(
            response["batchItemFailures"],
            json!([{"itemIdentifier": "m1"}])
        );
        assert!(stage.jobs().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_cannot_start_a_run_is_refused() {
    let stage = Stage::new();
    let hop = |hop: Value| {
        let mut request = to_user("e1");
        request["event"]["lwhop"] = hop;
        request
    };
    let text = |text: &str| {
        let mut request = to_user("e1");
        request["prompt"] = json!(text);
        request
    };
    for (request, expected) in [
        (
            prompt(&json!({"connectionId": "a"}), "e1"),
            "`prompt` needs a `target` with a `userId`",
        ),
        (
            text(" \n"),
            "`prompt` must be 1 to 24576 bytes, and not blank",
        ),
        (
            text(&"x".repeat(24 * 1024 + 1)),
            "`prompt` must be 1 to 24576 bytes, and not blank",
        ),
        (
            json!({"target": {"userId": "u_7"}, "event": event("e1"), "notify": true}),
            "`notify` needs a `prompt`",
        ),
        (
            hop(json!(1)),
            "`prompt` is not possible for an event with `lwhop` above 0: it would let runs start each other",
        ),
        (
            hop(json!("0")),
            "`prompt` is not possible for an event with `lwhop` above 0: it would let runs start each other",
        ),
    ] {
        let (kind, message) = stage.invoke(&request).await.expect_err("a refusal");
        assert_eq!(
            (kind.as_str(), message.as_str()),
            ("InvalidRequest", expected)
        );
    }
    assert!(stage.invoke(&hop(json!(0))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_user_who_has_spent_a_limit_gets_the_event_without_a_run() {
    let mut stage = Stage::new();
    let limits =
        json!({"default": {"promptsPerDay": 1}, "groups": {"staff": {"promptsPerDay": 2}}});
    let limits: LimitPolicy = serde_json::from_value(limits).expect("limits");
    stage.deps.settings.limits = limits.clone();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let user = UserId::trusted("u_7");
    let spent = Wanted {
        user: &user,
        name: "r_0#1",
        amount: Amount {
            prompts: 1,
            tokens: 1,
            micros: 0,
        },
        limits: &limits.of(&[]),
        now: NOW,
        until: NOW + 60,
    };
    let reserved = stage.deps.users.reserve(spent).await;
    assert!(reserved.expect("the table works").is_ok());
    let (kind, message) = stage.invoke(&to_user("e1")).await.expect_err("a refusal");
    assert_eq!(kind, "QuotaExceeded");
    assert!(message.contains("1 prompt"), "{message}");
    assert_eq!(stage.frames("a").len(), 1);
    assert!(stage.jobs().is_empty());
    let staff = Identity::new(user, vec!["staff".to_owned()], None);
    stage
        .connect("b", "u_7", "t_1", |row| {
            row.groups = staff.groups;
            row.connected_at += 10;
        })
        .await;
    let response = stage.invoke(&to_user("e1")).await.expect("a response");
    assert_eq!(response["delivered"], 2, "and the event is posted once");
    assert_eq!(stage.frames("a").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_start_of_a_run_fails_its_event_is_not_delivered() {
    let mut stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let missing = Threads::new(Emulator::users().client(), "missing");
    let threads = std::mem::replace(&mut stage.deps.threads, missing);
    let mut request = to_user("e1");
    request["durable"] = json!(true);
    let (kind, _) = stage.invoke(&request).await.expect_err("a failure");
    assert_eq!(kind, "Internal");
    assert!(stage.frames("a").is_empty());
    stage.deps.threads = threads;
    let response = stage.invoke(&request).await.expect("a response");
    let [frame] = &stage.frames("a")[..] else {
        panic!("one frame");
    };
    assert_eq!(
        (&frame["runId"], &frame["seq"]),
        (&response["runId"], &json!(1))
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_with_unfinished_runs_on_many_threads_gets_the_event_without_a_run() {
    let stage = Stage::new();
    for thread in ["t_1", "t_2", "t_3"] {
        let target = json!({"userId": "u_7", "threadId": thread});
        let response = stage.invoke(&prompt(&target, thread)).await;
        response.expect("a response");
    }
    let target = json!({"userId": "u_7", "threadId": "t_4"});
    let (kind, _) = stage
        .invoke(&prompt(&target, "e4"))
        .await
        .expect_err("a refusal");
    assert_eq!(kind, "RateLimited");
    let waiting = json!({"userId": "u_7", "threadId": "t_1"});
    let response = stage.invoke(&prompt(&waiting, "e5")).await;
    assert!(response.is_ok(), "a run that waits is no further thread");
}
