//! Mocked services around a connection that waits for replays.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_apigatewaymanagement::operation::delete_connection::DeleteConnectionOutput;
use aws_sdk_dynamodb::operation::batch_get_item::{
    BatchGetItemError, BatchGetItemInput, BatchGetItemOutput,
};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityOutput;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_smithy_mocks::{
    MockResponse, MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock,
};
use aws_smithy_types::retry::RetryConfig;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Context, LambdaEvent};
use longwire_core::clock::Clock;
use longwire_queue::queue::Queue;
use longwire_repost::reposter::Reposter;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_stream::post::PostError;
use longwire_stream::settings::Settings;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::row::{SharedRow, item};
use crate::deps::Deps;
use crate::handler::handle;

/// Time at which a test begins, in seconds since 1970.
pub(super) const NOW: u64 = 1_800_000_000;

type Posting = Arc<dyn Fn(usize) -> BoxFuture<'static, Result<(), PostError>> + Send + Sync>;

/// Client of one service that answers by rules. A call that no rule matches panics.
macro_rules! client {
    ($sdk:ident, $rules:expr) => {{
        let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
        let mocks = $rules
            .iter()
            .fold(mocks, |mocks, rule| mocks.with_rule(rule));
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .region($sdk::config::Region::new("us-east-1"))
            .credentials_provider($sdk::config::Credentials::new(
                "key", "secret", None, None, "test",
            ))
            .retry_config(RetryConfig::disabled())
            .http_client(create_mock_http_client())
            .interceptor(mocks);
        $sdk::Client::from_conf(config.build())
    }};
}

/// Connection with its row, and the services around it.
pub(super) struct Stage {
    /// Row of the connection.
    pub row: SharedRow,
    posting: Arc<Mutex<Posting>>,
    posts: Arc<Mutex<Vec<String>>>,
    visibility: Arc<Mutex<Vec<i32>>>,
    sent: Rule,
    closed: Rule,
    deps: Deps,
    deliveries: AtomicUsize,
}

impl Stage {
    /// Makes a connection that waits for these runs, each with the time of its request. All of them were cancelled
    /// before they began, so that each has three lines: its first and its last event, and `resumed`. The table fails
    /// for the run `broken`.
    pub(super) fn new(runs: &[(&str, u64)]) -> Self {
        let replays = runs
            .iter()
            .map(|(run, asked)| (format!("t_1#{run}"), cursor(*asked)));
        let row = SharedRow::new(json!({
            "connection": "c=", "user": "anonymous", "format": "agui",
            "replays": Value::Object(replays.collect()),
        }));
        let (posts, visibility) = (Arc::default(), Arc::default());
        let posting: Posting = Arc::new(|_| futures::future::ready(Ok(())).boxed());
        let posting = Arc::new(Mutex::new(posting));
        let sent = mock!(aws_sdk_sqs::Client::send_message)
            .then_output(|| SendMessageOutput::builder().build());
        let closed = mock!(aws_sdk_apigatewaymanagement::Client::delete_connection)
            .then_output(|| DeleteConnectionOutput::builder().build());
        let deps = deps(&row, &posting, &posts, &visibility, &sent, &closed);
        Self {
            row,
            posting,
            posts,
            visibility,
            sent,
            closed,
            deps,
            deliveries: AtomicUsize::default(),
        }
    }

    /// Sets what a post does; it gets its number, from 1 on.
    pub(super) fn on_post(
        &self,
        posting: impl Fn(usize) -> BoxFuture<'static, Result<(), PostError>> + Send + Sync + 'static,
    ) {
        *self.posting.lock().expect("no panic under the lock") = Arc::new(posting);
    }

    /// Delivers the job of the connection to an invocation of 300 s. Returns whether the message is done.
    pub(super) async fn deliver(&self) -> bool {
        self.deliver_within(Duration::from_secs(300)).await
    }

    /// Delivers the message a second time.
    pub(super) async fn deliver_again(&self) -> bool {
        self.deliver_message(Duration::from_secs(300), 2).await
    }

    /// Delivers the job of the connection to an invocation that may last this long.
    pub(super) async fn deliver_within(&self, left: Duration) -> bool {
        self.deliver_message(left, 1).await
    }

    async fn deliver_message(&self, left: Duration, receives: u32) -> bool {
        let mut message = SqsMessage::default();
        message.message_id = Some("m".to_owned());
        message.receipt_handle = Some("receipt".to_owned());
        let count = ("ApproximateReceiveCount".to_owned(), receives.to_string());
        message.attributes = [count].into();
        message.body = Some(r#"{"v":1,"connection":"c="}"#.to_owned());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        let mut context = Context::default();
        let number = self.deliveries.fetch_add(1, Ordering::SeqCst);
        context.request_id = format!("invocation-{number}");
        let ends_at = (SystemTime::now() + left).duration_since(UNIX_EPOCH);
        let ends_at = ends_at.expect("a time after 1970").as_millis();
        context.deadline = ends_at.try_into().expect("a time in this age");
        // On the heap: several deliveries in one test would not fit its stack.
        let handled = handle(&self.deps, LambdaEvent::new(event, context)).boxed_local();
        let response = handled.await;
        response.batch_item_failures.is_empty()
    }

    /// Frames that were posted, in order.
    pub(super) fn posts(&self) -> Vec<String> {
        self.posts.lock().expect("no panic under the lock").clone()
    }

    /// Visibility timeouts that the message got.
    pub(super) fn visibility(&self) -> Vec<i32> {
        self.visibility
            .lock()
            .expect("no panic under the lock")
            .clone()
    }

    /// Row of the connection.
    pub(super) fn row(&self) -> Value {
        self.row.get().expect("the row exists")
    }

    /// Number of jobs that were sent.
    pub(super) fn sent(&self) -> usize {
        self.sent.num_calls()
    }

    /// Number of times that the connection was closed.
    pub(super) fn closed(&self) -> usize {
        self.closed.num_calls()
    }
}

/// Makes the cursor of a request.
pub(super) fn cursor(asked: u64) -> Value {
    json!({"after": 0, "shape": {"format": "agui", "lines": "one"}, "asked": asked})
}

fn deps(
    row: &SharedRow,
    posting: &Arc<Mutex<Posting>>,
    posts: &Arc<Mutex<Vec<String>>>,
    visibility: &Arc<Mutex<Vec<i32>>>,
    sent: &Rule,
    closed: &Rule,
) -> Deps {
    let table = client!(aws_sdk_dynamodb, table(row));
    let recorded = Arc::clone(visibility);
    let hidden = mock!(aws_sdk_sqs::Client::change_message_visibility).then_compute_output(
        move |change: &aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityInput| {
            let mut all = recorded.lock().expect("no panic under the lock");
            all.extend(change.visibility_timeout());
            ChangeMessageVisibilityOutput::builder().build()
        },
    );
    let queue = client!(aws_sdk_sqs, [&hidden, sent]);
    let (posting, posts) = (Arc::clone(posting), Arc::clone(posts));
    let began = Instant::now();
    Deps {
        connections: Connections::new(table.clone(), "connections"),
        queue: Queue::new(queue, "https://sqs.example/replays"),
        reposter: Reposter {
            threads: Threads::new(table, "threads"),
            post: Arc::new(move |_, frame| {
                let count = {
                    let mut posts = posts.lock().expect("no panic under the lock");
                    posts.push(frame);
                    posts.len()
                };
                let posting = posting.lock().expect("no panic under the lock").clone();
                posting(count)
            }),
            clock: Clock::new(move || {
                let elapsed = began.elapsed().as_millis();
                NOW * 1000 + u64::try_from(elapsed).expect("a test is short")
            }),
            settings: Settings::default(),
        },
        gateway: client!(aws_sdk_apigatewaymanagement, [closed]),
    }
}

/// Rules of the tables.
fn table(row: &SharedRow) -> [Rule; 4] {
    let (read, written, deleted) = (row.clone(), row.clone(), row.clone());
    [
        mock!(aws_sdk_dynamodb::Client::get_item)
            .then_compute_output(move |get: &GetItemInput| found(&read, get)),
        mock!(aws_sdk_dynamodb::Client::batch_get_item).then_compute_response(run),
        mock!(aws_sdk_dynamodb::Client::update_item)
            .then_compute_response(move |update: &_| written.update(update)),
        mock!(aws_sdk_dynamodb::Client::delete_item).then_compute_output(move |_: &_| {
            deleted.delete();
            DeleteItemOutput::builder().build()
        }),
    ]
}

/// Reads of the thread and of one of its runs.
fn run(read: &BatchGetItemInput) -> MockResponse<BatchGetItemOutput, BatchGetItemError> {
    let tables = read.request_items().into_iter().flat_map(HashMap::values);
    let keys = tables.flat_map(KeysAndAttributes::keys);
    if keys
        .flat_map(HashMap::values)
        .any(|key| *key == AttributeValue::S("RUN#broken".to_owned()))
    {
        return MockResponse::Error(BatchGetItemError::unhandled("the table is down"));
    }
    let items = [thread(), cancelled_run()].map(|found| item(&found));
    let output = BatchGetItemOutput::builder().responses("threads", items.into());
    MockResponse::Output(output.build())
}

/// Reads of the connection's row, and of the input of a run, which is not found.
fn found(row: &SharedRow, get: &GetItemInput) -> GetItemOutput {
    let of_thread = get.key().is_some_and(|key| key.contains_key("item"));
    let found = if of_thread { None } else { row.get() };
    GetItemOutput::builder()
        .set_item(found.as_ref().map(item))
        .build()
}

fn thread() -> Value {
    json!({ "thread": "anonymous/t_1", "item": "META", "born": NOW, "line": [], "updatedAt": NOW })
}

/// Makes the row of a run that was cancelled while it was queued.
fn cancelled_run() -> Value {
    json!({
        "thread": "anonymous/t_1", "item": "RUN#r",
        "v": 2, "status": "cancelled", "reason": "user", "epoch": 0, "restarts": [], "leaseUntil": 0,
        "crashes": 0, "attached": {}, "onGone": "cancel", "lastSeq": 0, "messageId": "u_1",
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
        "startedAt": NOW, "endedAt": NOW, "ttl": NOW + 172_800,
    })
}
