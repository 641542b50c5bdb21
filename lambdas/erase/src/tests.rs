//! Batches of records of a table's stream, as AWS sends them, over a table that answers by rules.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use aws_smithy_types::retry::RetryConfig;
use lambda_runtime::{Context, LambdaEvent};
use longwire_store::threads::Threads;
use tokio::time::Instant;

use crate::handler::handle;

/// Table that answers by rules. A call that no rule matches panics.
fn threads(rules: &[&Rule]) -> Threads {
    let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
    let mocks = rules
        .iter()
        .fold(mocks, |mocks, rule| mocks.with_rule(rule));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(create_mock_http_client())
        .interceptor(mocks);
    Threads::new(Client::from_conf(config.build()), "threads")
}

fn event(fixture: &str, left: Duration) -> LambdaEvent<Event> {
    let payload = serde_json::from_str(fixture).expect("an event");
    let mut context = Context::default();
    let deadline = (SystemTime::now() + left).duration_since(SystemTime::UNIX_EPOCH);
    let deadline = deadline.expect("after 1970").as_millis();
    context.deadline = u64::try_from(deadline).expect("before the year 584,000,000");
    LambdaEvent::new(payload, context)
}

/// Handles a batch with a minute of time, and returns the sequence numbers of the failed records.
async fn failed(fixture: &str, rules: &[&Rule]) -> Vec<String> {
    let response = handle(&threads(rules), event(fixture, Duration::from_secs(60))).await;
    sequence_numbers(response)
}

fn sequence_numbers(response: DynamoDbEventResponse) -> Vec<String> {
    let failures = response.batch_item_failures.into_iter();
    failures
        .filter_map(|failure| failure.item_identifier)
        .collect()
}

/// Read of the thread's own item, which has this generation now.
fn meta(born: Option<u64>) -> Rule {
    let item =
        born.map(|born| HashMap::from([("born".to_owned(), AttributeValue::N(born.to_string()))]));
    mock!(Client::get_item)
        .match_requests(|get| {
            let thread = AttributeValue::S("anonymous/t_1".to_owned());
            get.key().and_then(|key| key.get("thread")) == Some(&thread)
        })
        .then_output(move || GetItemOutput::builder().set_item(item.clone()).build())
}

/// Queries that find nothing.
fn nothing_found() -> Rule {
    mock!(Client::query).then_output(|| QueryOutput::builder().build())
}

/// Query of the messages of this generation, of which there are none.
fn no_messages(generation: u64) -> Rule {
    let prefix = AttributeValue::S(format!("MSG#{generation}#"));
    mock!(Client::query)
        .match_requests(move |query: &QueryInput| {
            let values = query.expression_attribute_values();
            values.and_then(|values| values.get(":prefix")) == Some(&prefix)
        })
        .then_output(|| QueryOutput::builder().build())
}

/// Checks that a batch of one record erases this generation of a thread that has another one now, or none.
async fn assert_erases(fixture: &str, generation: u64, current: Option<u64>) {
    let (meta, messages, others) = (meta(current), no_messages(generation), nothing_found());
    let rules = [&meta, &messages, &others];
    assert_eq!(failed(fixture, &rules).await, [""; 0]);
    assert_eq!((meta.num_calls(), messages.num_calls()), (1, 1));
}

#[tokio::test]
async fn an_expired_thread_is_erased() {
    let fixture = include_str!("../fixtures/expired.json");
    assert_erases(fixture, 1_764_000_000, None).await;
}

#[tokio::test]
async fn a_late_record_of_an_expired_thread_erases_its_generation_and_not_the_new_one() {
    let fixture = include_str!("../fixtures/expired.json");
    assert_erases(fixture, 1_764_000_000, Some(1_764_200_000)).await;
}

#[tokio::test]
async fn a_deleted_thread_and_one_that_was_born_again_are_erased() {
    let deleted = include_str!("../fixtures/deleted.json");
    assert_erases(deleted, 1_764_000_000, Some(1_764_000_001)).await;
    let reborn = include_str!("../fixtures/reborn.json");
    assert_erases(reborn, 1_764_000_000, Some(1_764_129_600)).await;
}

#[tokio::test]
async fn the_record_of_the_runbook_erases_a_generation() {
    let page = include_str!("../../../docs/operations.md");
    let (_, payload) = page.split_once("--payload '").expect("the command");
    let (payload, _) = payload.split_once('\'').expect("the end of the payload");
    assert_erases(payload, 1_764_000_000, None).await;
}

#[tokio::test]
async fn a_thread_that_was_restored_is_kept() {
    let meta = meta(Some(1_764_000_000));
    let fixture = include_str!("../fixtures/expired.json");
    assert_eq!(failed(fixture, &[&meta]).await, [""; 0]);
    assert_eq!(meta.num_calls(), 1);
}

#[tokio::test]
async fn records_that_end_no_generation_cause_no_request() {
    let fixture = include_str!("../fixtures/in_use.json");
    assert_eq!(failed(fixture, &[]).await, [""; 0]);
}

#[tokio::test]
async fn a_record_that_failed_is_reported_by_its_sequence_number() {
    let down = mock!(Client::get_item).then_error(|| GetItemError::unhandled("the table is down"));
    let fixture = include_str!("../fixtures/expired.json");
    assert_eq!(failed(fixture, &[&down]).await, ["400000000000000001"]);
}

#[tokio::test]
async fn a_record_without_a_generation_is_reported() {
    let fixture = include_str!("../fixtures/expired.json").replace("\"born\"", "\"other\"");
    assert_eq!(failed(&fixture, &[]).await, ["400000000000000001"]);
}

/// Key of the only message.
fn message() -> HashMap<String, AttributeValue> {
    let key = [
        ("thread", "anonymous/t_1"),
        ("item", "MSG#1764000000#00000001"),
    ];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into()
}

/// Query of the messages that finds one.
fn one_message() -> Rule {
    let prefix = AttributeValue::S("MSG#1764000000#".to_owned());
    mock!(Client::query)
        .match_requests(move |query: &QueryInput| {
            let values = query.expression_attribute_values();
            values.and_then(|values| values.get(":prefix")) == Some(&prefix)
        })
        .then_output(|| QueryOutput::builder().items(message()).build())
}

/// Batch whose deletions are all throttled.
fn throttled() -> Rule {
    mock!(Client::batch_write_item).then_output(|| {
        let delete = DeleteRequest::builder().set_key(Some(message()));
        let delete = delete.build().expect("a key");
        let left = WriteRequest::builder().delete_request(delete).build();
        BatchWriteItemOutput::builder()
            .unprocessed_items("threads", vec![left])
            .build()
    })
}

#[tokio::test(start_paused = true)]
async fn a_record_for_which_no_time_is_left_is_reported_and_the_next_is_not_begun() {
    let (meta, messages, others, throttled) =
        (meta(None), one_message(), nothing_found(), throttled());
    let mut batch = event(
        include_str!("../fixtures/expired.json"),
        Duration::from_secs(4),
    );
    let reborn = event(include_str!("../fixtures/reborn.json"), Duration::ZERO);
    batch.payload.records.extend(reborn.payload.records);
    let threads = threads(&[&meta, &messages, &others, &throttled]);
    let began = Instant::now();
    let response = handle(&threads, batch).await;
    assert_eq!(sequence_numbers(response), ["400000000000000001"]);
    assert!(began.elapsed() <= Duration::from_secs(2));
    assert_eq!(meta.num_calls(), 1);
}
