//! Table, bus and invocations of a test.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use emulator::Emulator;
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::clock::Clock;
use longwire_lambda::sdk::CallTimeouts;
use longwire_store::threads::Threads;
use serde_json::{Value, json};

use crate::bus::Bus;
use crate::deps::Deps;
use crate::handler::handle;

pub(super) const NOW: u64 = 1_763_681_490;

/// Answer of the bus to one request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// The entries at these places are not accepted.
    Refused(&'static [usize]),
    /// The answer lacks the results of all entries but this number.
    Fewer(usize),
    /// The request fails with this status.
    Status(u16),
    /// There is no answer.
    None,
}

/// Bus that records requests and answers them by script; then it accepts everything.
#[derive(Debug, Clone, Default)]
pub(super) struct FakeBus {
    requests: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

/// Function with a table and a bus.
pub(super) struct Stage {
    pub(super) deps: Deps,
    pub(super) table: Emulator,
    bus: FakeBus,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with_answers([])
    }

    /// Function whose bus answers the first requests in this way.
    pub(super) fn with_answers(answers: impl IntoIterator<Item = Answer>) -> Self {
        let bus = FakeBus::default();
        let mut script = bus.answers.lock().expect("one test, one thread");
        script.extend(answers);
        drop(script);
        let table = Emulator::threads();
        let deps = Deps {
            threads: Threads::new(table.client(), "threads"),
            bus: Bus::new(client(bus.clone()), "longwire-test".to_owned()),
            clock: Clock::new(|| NOW * 1000),
        };
        Self { deps, table, bus }
    }

    /// Handles records with a minute of time, and returns the sequence numbers of those that are sent again.
    pub(super) async fn handle(&self, records: &[Value]) -> Vec<String> {
        self.handle_within(records, Duration::from_secs(60)).await
    }

    /// Handles records in this time.
    pub(super) async fn handle_within(&self, records: &[Value], left: Duration) -> Vec<String> {
        let payload = serde_json::from_value(json!({ "Records": records })).expect("an event");
        let mut context = Context::default();
        let deadline = (SystemTime::now() + left).duration_since(SystemTime::UNIX_EPOCH);
        let deadline = deadline.expect("after 1970").as_millis();
        context.deadline = u64::try_from(deadline).expect("before the year 584,000,000");
        let response = handle(&self.deps, LambdaEvent::new(payload, context)).await;
        let failures = response.batch_item_failures.into_iter();
        failures
            .filter_map(|failure| failure.item_identifier)
            .collect()
    }

    /// Entries of all requests to the bus, by request.
    pub(super) fn requests(&self) -> Vec<Vec<Value>> {
        let requests = self.bus.requests.lock().expect("one test, one thread");
        let entries = requests.iter().map(|request| request["Entries"].as_array());
        entries
            .map(|entries| entries.expect("entries").clone())
            .collect()
    }

    /// Events of the only request to the bus.
    pub(super) fn events(&self) -> Vec<Value> {
        let requests = self.requests();
        assert!(requests.len() <= 1, "{requests:?}");
        requests.concat().iter().map(event).collect()
    }

    /// Puts an item into the table.
    pub(super) async fn put(&self, sort: &str, attributes: &[(&str, AttributeValue)]) {
        let put = self.table.client().put_item().table_name("threads");
        let put = put
            .item("thread", AttributeValue::S("alice/t_1".to_owned()))
            .item("item", AttributeValue::S(sort.to_owned()));
        let put = attributes
            .iter()
            .fold(put, |put, (name, value)| put.item(*name, value.clone()));
        put.send().await.expect("the table works");
    }
}

/// Event in an entry.
pub(super) fn event(entry: &Value) -> Value {
    let detail = entry["Detail"].as_str().expect("text");
    serde_json::from_str(detail).expect("JSON")
}

/// Record of the end of the run `r_1` of alice, as AWS sends it, with these attributes of the new image replaced; `null`
/// removes one.
pub(super) fn record(changed: &Value) -> Value {
    let event: Value =
        serde_json::from_str(include_str!("../../fixtures/finished.json")).expect("JSON");
    let mut record = event["Records"][0].clone();
    let image = record["dynamodb"]["NewImage"].as_object_mut().expect("it");
    for (name, value) in changed.as_object().expect("attributes") {
        match value {
            Value::Null => drop(image.remove(name)),
            value => drop(image.insert(name.clone(), value.clone())),
        }
    }
    record
}

/// Such a record of another run, with a sequence number.
pub(super) fn record_of(run: &str, sequence: u64) -> Value {
    let mut record = record(&json!({}));
    record["dynamodb"]["Keys"]["item"] = json!({ "S": format!("RUN#{run}") });
    record["dynamodb"]["SequenceNumber"] = json!(sequence.to_string());
    record
}

/// Client of the bus, with the time limits of the function.
fn client(bus: FakeBus) -> aws_sdk_eventbridge::Client {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(CallTimeouts::SHORT.attempt)
        .operation_timeout(CallTimeouts::SHORT.total);
    let config = aws_sdk_eventbridge::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .timeout_config(limits.build())
        .http_client(bus);
    aws_sdk_eventbridge::Client::from_conf(config.build())
}

impl HttpClient for FakeBus {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FakeBus {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target");
        assert_eq!(target, Some("AWSEvents.PutEvents"));
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).expect("JSON");
        let entries = body["Entries"].as_array().expect("entries").len();
        let mut requests = self.requests.lock().expect("one test, one thread");
        requests.push(body);
        let answer = self
            .answers
            .lock()
            .expect("one test, one thread")
            .pop_front();
        match answer.unwrap_or(Answer::Refused(&[])) {
            Answer::Refused(places) => respond(200, &results(entries, places)),
            Answer::Fewer(left) => respond(200, &results(left, &[])),
            Answer::Status(status) => respond(status, &json!({"__type": "InternalException"})),
            Answer::None => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

/// Response to this number of entries, of which those at some places are not accepted ("Handling failures with PutEvents").
fn results(entries: usize, refused: &[usize]) -> Value {
    let result = |at: usize| {
        if refused.contains(&at) {
            json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"})
        } else {
            json!({"EventId": format!("e-{at}")})
        }
    };
    let results: Vec<_> = (0..entries).map(result).collect();
    json!({"FailedEntryCount": refused.len(), "Entries": results})
}

fn respond(status: u16, body: &Value) -> HttpConnectorFuture {
    let status = status.try_into().expect("a status");
    let response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    HttpConnectorFuture::ready(Ok(response))
}
