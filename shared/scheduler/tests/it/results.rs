//! Results of the client's tools, with the table in the emulator and a scripted queue.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::{Client, Config};
use emulator::Emulator;
use longwire_core::approval::{Decision, PendingApprovals};
use longwire_core::ids::{CallId, ConnectionId, RunId};
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_core::pending::{Pending, first_message_id};
use longwire_core::run::RunStatus;
use longwire_core::shape::Shape;
use longwire_core::tool::ToolOutcome;
use longwire_queue::queue::Queue;
use longwire_scheduler::results::{Answered, NewResult};
use longwire_scheduler::scheduler::Scheduler;
use longwire_scheduler::start::Started;
use longwire_store::threads::Threads;
use longwire_store::threads::advance::{Advance, Fence};
use longwire_store::threads::call_results::{PartPlace, ResultPart};
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::overdue::Overdue;
use longwire_store::threads::record::{NewRun, Subscriber};
use serde_json::json;

use crate::scripted::{Scripted, key};

const NOW: u64 = 1_000;
const UNTIL: u64 = 8_200;

const LIFE: ThreadLife = ThreadLife {
    ttl: None,
    run_limit: Duration::from_secs(7_200),
};

/// Thread whose run `r_1` ended with calls; the queue takes any number of jobs.
struct Waiting {
    table: Table,
    threads: Threads,
    scheduler: Scheduler,
    queue: Scripted,
    generation: u64,
}

impl Waiting {
    async fn for_calls(calls: &[&str], behind: &[&str]) -> Self {
        Self::for_answers(calls, behind, None).await
    }

    async fn for_approvals(calls: &[&str]) -> Self {
        Self::for_answers(calls, &[], Some(PendingApprovals::default())).await
    }

    async fn for_answers(
        calls: &[&str],
        behind: &[&str],
        approvals: Option<PendingApprovals>,
    ) -> Self {
        let sent = (0..20).map(|_| (200, json!({ "MessageId": "m" })));
        let queue = Scripted::with_responses(sent).await;
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(&queue.url)
            .build();
        let jobs = Queue::new(Client::from_conf(config), format!("{}/runs", queue.url));
        let table = Emulator::threads().client();
        let threads = Threads::new(table.clone(), "threads");
        let scheduler = Scheduler::new(threads.clone(), jobs);
        for name in ["r_1"].iter().chain(behind) {
            let started = scheduler.start(&new_run(name)).await.expect("a response");
            assert!(matches!(started, Started::Accepted { .. }), "{started:?}");
        }
        let meta = threads.meta(&key(), NOW).await.expect("a response");
        let generation = meta.expect("a thread").generation;
        let calls = calls.iter().map(|call| CallId::trusted(*call));
        let run_id = RunId::trusted("r_1");
        let pending = Pending {
            next_run_id: RunId::trusted("r_next"),
            approvals,
            ..Pending::new(run_id.clone(), calls, UNTIL)
        };
        let advance = Advance {
            run_id: &run_id,
            fence: Fence::Generation(generation),
            tip: None,
            last_input: None,
            pending: Some(&pending),
            now: NOW,
            life: LIFE,
        };
        threads.advance(&key(), advance).await.expect("a response");
        Self {
            table,
            threads,
            scheduler,
            queue,
            generation,
        }
    }

    async fn answer(&self, call: &str, content: &str) -> Answered {
        let answered = self.scheduler.answer(&result(call, content)).await;
        answered.expect("a response")
    }

    /// Leaves what a request with the last result leaves that is interrupted before it removes the call.
    async fn interrupted(&self, call: &str, content: &str) {
        let (key, call_id) = (key(), CallId::trusted(call));
        let place = PartPlace {
            key: &key,
            generation: self.generation,
            call_id: &call_id,
            part: 1,
        };
        let run_id = RunId::trusted("r_next");
        let part = ResultPart {
            message_id: first_message_id(&run_id),
            outcome: ToolOutcome::Success,
            content: content.to_owned(),
            of: 1,
            asked_by: RunId::trusted("r_1"),
            next_run_id: run_id,
            decision: None,
        };
        let stored = self.threads.put_result_part(place, part, UNTIL).await;
        stored.expect("a response");
        let recorded = self.threads.record(&new_run("r_next")).await;
        assert_eq!(recorded.expect("a response"), None);
    }

    async fn run_queue(&self) -> Vec<String> {
        let meta = self.threads.meta(&key(), NOW).await.expect("a response");
        let runs = meta.expect("a thread").run_queue.into_iter();
        runs.map(|run| run.to_string()).collect()
    }

    fn jobs(&self) -> usize {
        self.queue.operations().len()
    }
}

fn result(call: &str, content: &str) -> NewResult {
    NewResult {
        key: key(),
        call_id: CallId::trusted(call),
        part: 1,
        of: 1,
        outcome: ToolOutcome::Success,
        content: content.to_owned(),
        decision: None,
        checked: None,
        message_id: None,
        next_run_id: None,
        state: serde_json::Map::new(),
        payer: None,
        subscriber: subscriber(),
        millis: NOW * 1000,
        life: LIFE,
    }
}

/// Decision about a call, checked against the wait of this run.
fn decision(call: &str, approved: bool, checked: Option<&str>) -> NewResult {
    let outcome = match approved {
        true => ToolOutcome::Success,
        false => ToolOutcome::Denied,
    };
    NewResult {
        outcome,
        decision: Some(Decision {
            approved,
            reason: None,
            edited_args: None,
            by: None,
            at: NOW,
        }),
        checked: checked.map(RunId::trusted),
        ..result(call, "")
    }
}

fn subscriber() -> Subscriber {
    Subscriber {
        connection: ConnectionId::trusted("c"),
        shape: Shape::default(),
    }
}

fn new_run(name: &str) -> NewRun {
    let run_id = RunId::trusted(name);
    NewRun {
        key: key(),
        message_id: first_message_id(&run_id),
        run_id,
        reserves_id: false,
        prompt: "Hey!".to_owned(),
        context: Vec::new(),
        after: None,
        tools: Vec::new(),
        state: serde_json::Map::new(),
        supersede: false,
        event: None,
        origin: Origin::User,
        reasoning: false,
        if_busy: IfBusy::Queue,
        on_gone: OnGone::Finish,
        notify: Notify::None,
        payer: None,
        subscriber: Some(subscriber()),
        now: NOW,
        recorded_at: NOW * 1000,
        life: LIFE,
    }
}

fn continued(status: RunStatus, duplicate: bool) -> Answered {
    Answered::Continued {
        run_id: RunId::trusted("r_next"),
        status,
        duplicate,
    }
}

#[tokio::test]
async fn the_last_result_starts_the_run_that_follows() {
    let thread = Waiting::for_calls(&["tc_1", "tc_2"], &["r_2"]).await;
    let before = thread.jobs();
    let accepted = |duplicate| Answered::Accepted {
        run_id: RunId::trusted("r_1"),
        pending: vec![CallId::trusted("tc_1")],
        duplicate,
    };
    assert_eq!(thread.answer("tc_2", "two").await, accepted(false));
    assert_eq!(thread.answer("tc_2", "two").await, accepted(true));
    assert_eq!(thread.answer("tc_2", "other").await, Answered::NotPending);
    assert_eq!(thread.answer("tc_9", "nine").await, Answered::NotPending);
    assert_eq!(thread.jobs(), before, "the thread waits");
    assert_eq!(
        thread.answer("tc_1", "one").await,
        continued(RunStatus::Queued, false)
    );
    assert_eq!(thread.run_queue().await, ["r_next", "r_2"]);
    assert_eq!(thread.jobs(), before + 1);
    assert_eq!(
        thread.answer("tc_1", "one").await,
        continued(RunStatus::Queued, true)
    );
}

#[tokio::test]
async fn a_repeated_request_does_what_an_interrupted_one_left() {
    let thread = Waiting::for_calls(&["tc_1"], &[]).await;
    thread.interrupted("tc_1", "one").await;
    // The sweep finds the run in no queue, long after its deadline, but the thread still waits.
    let overdue = Overdue {
        key: key(),
        run_id: Some(RunId::trusted("r_next")),
        wake_by: NOW + 300,
    };
    let moved = thread.scheduler.move_overdue(&overdue, NOW + 400).await;
    moved.expect("it is postponed");
    assert_eq!(
        thread.answer("tc_1", "one").await,
        continued(RunStatus::Queued, false)
    );
    let row = thread
        .threads
        .run_row(&key(), &RunId::trusted("r_next"))
        .await;
    assert_eq!(
        row.expect("a response").expect("a row").status,
        RunStatus::Queued
    );
    assert_eq!(thread.run_queue().await, ["r_next"]);
}

#[tokio::test]
async fn a_result_is_refused_when_its_wait_ended_before_the_run_was_queued() {
    let thread = Waiting::for_calls(&["tc_1"], &["r_2"]).await;
    thread.interrupted("tc_1", "one").await;
    let (key, asked) = (key(), RunId::trusted("r_1"));
    let ended = thread.scheduler.end_wait(&key, &asked, NOW).await;
    assert!(ended.expect("a response"));
    assert_eq!(thread.answer("tc_1", "one").await, Answered::NotPending);
    assert_eq!(thread.run_queue().await, ["r_2"]);
}

#[tokio::test]
async fn a_result_that_precedes_the_wait_is_to_be_repeated() {
    let thread = Waiting::for_calls(&["tc_0"], &["r_2"]).await;
    let (key, asked) = (key(), RunId::trusted("r_1"));
    let ended = thread.scheduler.end_wait(&key, &asked, NOW).await;
    assert!(ended.expect("a response"));
    // The worker of the active run stored its end and could not advance the queue.
    let calls = AttributeValue::M(HashMap::from([(
        "tc_1".to_owned(),
        AttributeValue::N("0".to_owned()),
    )]));
    let pending = AttributeValue::M(HashMap::from([
        ("run".to_owned(), AttributeValue::S("r_2".to_owned())),
        ("next".to_owned(), AttributeValue::S("r_3".to_owned())),
        ("calls".to_owned(), calls),
        ("until".to_owned(), AttributeValue::N(UNTIL.to_string())),
    ]));
    let end = thread.table.update_item().table_name("threads");
    let end = end
        .key("thread", AttributeValue::S(key.partition()))
        .key("item", AttributeValue::S("RUN#r_2".to_owned()))
        .update_expression("SET #status = :finished, pending = :pending, endedAt = :now")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":finished", AttributeValue::S("finished".to_owned()))
        .expression_attribute_values(":now", AttributeValue::N(NOW.to_string()))
        .expression_attribute_values(":pending", pending);
    end.send().await.expect("a response");
    let before = thread.jobs();
    let refused = thread.scheduler.answer(&result("tc_1", "one")).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(
        thread.jobs(),
        before + 1,
        "another worker advances the queue"
    );
    assert_eq!(thread.answer("tc_9", "nine").await, Answered::NotPending);
}

#[tokio::test]
async fn the_end_of_a_wait_wakes_the_run_behind_it_also_after_a_lost_response() {
    let thread = Waiting::for_calls(&["tc_1"], &["r_2"]).await;
    let (key, asked) = (key(), RunId::trusted("r_1"));
    // This request takes effect, and its response is lost.
    thread
        .threads
        .end_wait(&key, &asked)
        .await
        .expect("a response");
    let before = thread.jobs();
    for _ in 0..3 {
        let ended = thread.scheduler.end_wait(&key, &asked, NOW).await;
        assert!(!ended.expect("a response"));
    }
    assert_eq!(thread.jobs(), before + 1, "further repetitions send no job");
}

#[tokio::test]
async fn a_decision_counts_for_the_wait_against_which_it_was_checked() {
    let thread = Waiting::for_approvals(&["tc_1"]).await;
    let decide = async |approved: bool, checked: Option<&str>| {
        let decision = decision("tc_1", approved, checked);
        thread
            .scheduler
            .answer(&decision)
            .await
            .expect("a response")
    };
    for checked in [None, Some("r_other")] {
        assert_eq!(decide(true, checked).await, Answered::NotPending);
    }
    assert_eq!(thread.answer("tc_1", "").await, Answered::NotPending);
    assert_eq!(
        decide(true, Some("r_1")).await,
        continued(RunStatus::Queued, false)
    );
    assert_eq!(decide(true, None).await, continued(RunStatus::Queued, true));
    assert_eq!(decide(false, None).await, Answered::NotPending);
}

#[tokio::test]
async fn another_answer_completes_what_an_interrupted_one_left() {
    let thread = Waiting::for_calls(&["tc_1"], &[]).await;
    thread.interrupted("tc_1", "one").await;
    assert_eq!(thread.answer("tc_1", "other").await, Answered::NotPending);
    assert_eq!(thread.run_queue().await, ["r_next"]);
    assert_eq!(
        thread.answer("tc_1", "one").await,
        continued(RunStatus::Queued, true)
    );
}
