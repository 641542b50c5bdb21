//! Sweeps over a table and a queue that answer by rules.

use std::cell::Cell;
use std::collections::HashMap;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageInput, SendMessageOutput};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use aws_smithy_types::retry::RetryConfig;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::Threads;
use longwire_store::threads::keys::open_parts;
use serde_json::json;
use tokio::sync::Barrier;

use crate::deps::Deps;
use crate::handler::{PARALLEL, count_failures, handle};

type Item = HashMap<String, AttributeValue>;

/// Client of one service that answers by rules. A call that no rule matches panics.
macro_rules! client {
    ($sdk:ident, $rules:expr) => {{
        let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
        let mocks = $rules
            .iter()
            .fold(mocks, |mocks, rule| mocks.with_rule(rule));
        let config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(create_mock_http_client())
            .interceptor(mocks);
        $sdk::Client::from_conf(config.build())
    }};
}

fn deps(rules: &[&Rule]) -> Deps {
    let threads = Threads::new(client!(aws_sdk_dynamodb, rules), "threads");
    let queue = Queue::new(client!(aws_sdk_sqs, rules), "https://sqs.example/runs");
    Deps {
        scheduler: Scheduler::new(threads.clone(), queue),
        threads,
    }
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// The read of one partition of the index, which lists these runs, each the only one of its thread.
fn partition(partition: &str, runs: &[&str]) -> Rule {
    let partition = s(partition);
    let items = runs.iter().map(|run| {
        item([
            ("thread", s(&format!("anonymous/{run}"))),
            ("item", s(&format!("RUN#{run}"))),
            ("wakeBy", n(1000)),
        ])
    });
    let items: Vec<Item> = items.collect();
    mock!(Table::query)
        .match_requests(move |query| {
            let values = query.expression_attribute_values();
            query.index_name() == Some("open_runs")
                && values.and_then(|values| values.get(":part")) == Some(&partition)
        })
        .then_output(move || {
            QueryOutput::builder()
                .set_items(Some(items.clone()))
                .build()
        })
}

/// The reads of all partitions but these, which list no runs.
fn empty_partitions(except: &[&str]) -> Vec<Rule> {
    open_parts()
        .filter(|part| !except.contains(&part.as_str()))
        .map(|part| partition(&part, &[]))
        .collect()
}

/// The reads of a thread whose run queue holds this run alone, and of the run's row. Its worker has died.
fn overdue(run: &str) -> [Rule; 2] {
    let meta = item([
        ("born", n(1)),
        ("updatedAt", n(1)),
        ("line", AttributeValue::L(vec![s(run)])),
    ]);
    [
        read(run, "META", meta),
        read(run, &format!("RUN#{run}"), row()),
    ]
}

fn read(run: &str, sort: &str, found: Item) -> Rule {
    let key = item([
        ("thread", s(&format!("anonymous/{run}"))),
        ("item", s(sort)),
    ]);
    mock!(Table::get_item)
        .match_requests(move |get| get.key() == Some(&key))
        .then_output(move || {
            GetItemOutput::builder()
                .set_item(Some(found.clone()))
                .build()
        })
}

fn row() -> Item {
    let usage = ["inputTokens", "outputTokens", "totalTokens"].map(|name| (name, n(0)));
    item([
        ("v", n(2)),
        ("status", s("running")),
        ("epoch", n(1)),
        ("restarts", AttributeValue::L(Vec::new())),
        ("leaseUntil", n(880)),
        ("wakeBy", n(1000)),
        ("crashes", n(0)),
        ("attached", AttributeValue::M(HashMap::new())),
        ("onGone", s("cancel")),
        ("lastSeq", n(0)),
        ("messageId", s("u_1")),
        ("usage", AttributeValue::M(item(usage))),
        ("startedAt", n(800)),
        ("ttl", n(173_600)),
    ])
}

/// The write that moves the `wakeBy` of any run.
fn postponed() -> Rule {
    mock!(Table::update_item).then_output(|| {
        UpdateItemOutput::builder()
            .set_attributes(Some(row()))
            .build()
    })
}

/// The message that wakes a worker for this run.
fn sent(run: &'static str) -> Rule {
    mock!(Sqs::send_message)
        .match_requests(move |send| names(send, run))
        .then_output(|| SendMessageOutput::builder().build())
}

fn not_sent(run: &'static str) -> Rule {
    mock!(Sqs::send_message)
        .match_requests(move |send| names(send, run))
        .then_error(|| SendMessageError::unhandled("the queue is down"))
}

fn names(send: &SendMessageInput, run: &str) -> bool {
    send.message_body().is_some_and(|body| body.contains(run))
}

#[tokio::test]
async fn every_partition_is_read_once() {
    let partitions = empty_partitions(&[]);
    let rules: Vec<&Rule> = partitions.iter().collect();
    let swept = handle(&deps(&rules)).await.expect("nothing failed");
    assert_eq!(swept, json!({ "looked": 0 }));
    assert_eq!(partitions.len(), 16);
    assert!(partitions.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn a_failed_partition_is_an_error_after_the_runs_of_the_others_were_moved() {
    let empty = empty_partitions(&["3", "a"]);
    let failed = mock!(Table::query).then_error(|| QueryError::unhandled("the table is down"));
    let sent = sent("r_1");
    let (listed, run, postponed) = (partition("a", &["r_1"]), overdue("r_1"), postponed());
    let others = [&listed, &postponed, &sent, &failed];
    let rules: Vec<&Rule> = empty.iter().chain(&run).chain(others).collect();
    let error = handle(&deps(&rules)).await.expect_err("a read failed");
    assert_eq!(
        error.to_string(),
        "1 partitions and runs could not be handled; 1 runs were overdue"
    );
    assert_eq!((failed.num_calls(), sent.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_failed_run_is_an_error_after_the_other_runs_were_moved() {
    let empty = empty_partitions(&["0"]);
    let sent = sent("r_2");
    let runs = ["r_1", "r_2"];
    let (listed, postponed, not_sent) = (partition("0", &runs), postponed(), not_sent("r_1"));
    let runs = runs.map(overdue);
    let others = [&listed, &postponed, &not_sent, &sent];
    let rules: Vec<&Rule> = empty
        .iter()
        .chain(runs.iter().flatten())
        .chain(others)
        .collect();
    let error = handle(&deps(&rules)).await.expect_err("a message failed");
    assert_eq!(
        error.to_string(),
        "1 partitions and runs could not be handled; 2 runs were overdue"
    );
    assert_eq!(sent.num_calls(), 1);
}

#[tokio::test]
async fn sixteen_runs_are_moved_at_the_same_time() {
    let (under_way, most) = (Cell::new(0), Cell::new(0));
    // The barrier opens for `PARALLEL` futures at a time, so fewer would wait forever.
    let barrier = Barrier::new(PARALLEL);
    let moves = (0..3 * PARALLEL).map(async |number| {
        under_way.set(under_way.get() + 1);
        most.set(most.get().max(under_way.get()));
        barrier.wait().await;
        under_way.set(under_way.get() - 1);
        number % 3 != 0
    });
    assert_eq!(count_failures(moves).await, PARALLEL);
    assert_eq!(most.get(), PARALLEL);
}
