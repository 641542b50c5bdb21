//! Table, posts and invocations of a test.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use emulator::Emulator;
use futures::FutureExt as _;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use longwire_core::clock::Clock;
use longwire_core::identity::Identity;
use longwire_core::ids::{ConnectionId, RoomName, ThreadId, UserId};
use longwire_core::limits::LimitPolicy;
use longwire_core::rooms::Rooms;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_identity::mode::Mode;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::rooms::Joined;
use longwire_store::connections::{Connection, Connections};
use longwire_store::threads::Threads;
use longwire_store::threads::life::ThreadLife;
use longwire_store::users::Users;
use longwire_stream::post::PostError;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::deps::Deps;
use crate::handler::handle;
use crate::settings::{PromptSources, Settings};

pub(super) const NOW: u64 = 1_763_681_477;

/// Rooms of the deployment.
const ROOMS: &str = r#"{"ops":["*"],"staff":["staff"]}"#;

/// Posts of a test: what was posted to each connection, and how the next posts fail.
#[derive(Default)]
pub(super) struct Posts {
    pub(super) frames: BTreeMap<String, Vec<String>>,
    pub(super) failures: BTreeMap<String, VecDeque<Option<PostError>>>,
    /// Connections whose posts never end.
    pub(super) hanging: BTreeSet<String>,
}

/// Messages that the function sent to its queue, batch by batch.
type Sent = Arc<Mutex<Vec<Vec<String>>>>;

/// Function with an emulated table.
pub(super) struct Stage {
    pub(super) deps: Deps,
    pub(super) posts: Arc<Mutex<Posts>>,
    jobs: Arc<Mutex<Vec<Value>>>,
    sent: Sent,
}

impl Stage {
    pub(super) fn new() -> Self {
        let posts: Arc<Mutex<Posts>> = Arc::default();
        let posted = Arc::clone(&posts);
        let post = move |connection: ConnectionId, frame: String| {
            let mut posts = posted.lock().expect("one test, one thread");
            let id = connection.as_str().to_owned();
            let failures = posts.failures.get_mut(&id);
            let failure = failures.and_then(VecDeque::pop_front).flatten();
            let result = failure.map_or(Ok(()), Err);
            if posts.hanging.contains(&id) {
                return std::future::pending().boxed();
            }
            if result.is_ok() {
                posts.frames.entry(id).or_default().push(frame);
            }
            async { result }.boxed()
        };
        let jobs: Arc<Mutex<Vec<Value>>> = Arc::default();
        let threads = Threads::new(Emulator::threads().client(), "threads");
        let sent = Sent::default();
        let deps = Deps {
            connections: Connections::new(Emulator::connections().client(), "connections"),
            users: Users::new(Emulator::users().client(), "users"),
            scheduler: scheduler(&threads, &jobs),
            threads,
            post: Arc::new(post),
            pushes: Queue::new(queue(&sent), "https://sqs.us-east-1.amazonaws.com/1/pushes"),
            rooms: Rooms::try_from(ROOMS.to_owned()).expect("rooms"),
            clock: Clock::new(|| NOW * 1000),
            settings: Settings {
                auth: Mode::Oidc,
                prompt_sources: PromptSources::try_from("com.acme.orders".to_owned())
                    .expect("a list"),
                limits: LimitPolicy::default(),
                life: ThreadLife {
                    ttl: Some(Duration::from_secs(24 * 3600)),
                    run_limit: Duration::from_secs(2 * 3600),
                },
            },
        };
        Self {
            deps,
            posts,
            jobs,
            sent,
        }
    }

    /// Empties the table of threads, as their expiry does.
    pub(super) fn lose_threads(&mut self) {
        self.use_threads(Emulator::threads().client());
    }

    /// Lets the function use another table of threads.
    pub(super) fn use_threads(&mut self, client: aws_sdk_dynamodb::Client) {
        let threads = Threads::new(client, "threads");
        self.deps.scheduler = scheduler(&threads, &self.jobs);
        self.deps.threads = threads;
    }

    /// Makes a connection a member of a room.
    pub(super) async fn join(&self, id: &str, room: &str) {
        let (table, id) = (&self.deps.connections, ConnectionId::trusted(id));
        let row = table.get(&id, 0).await.expect("the table works");
        let room = RoomName::trusted(room);
        let joined = table.join(&row.expect("a row"), &room, NOW * 1000).await;
        assert_eq!(joined.expect("the table works"), Joined::Member);
    }

    /// Messages that the function has sent to its queue since the last call, batch by batch.
    pub(super) fn sent(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.sent.lock().expect("one test, one thread"))
    }

    /// Adds a connection that was opened a minute ago, with a change.
    pub(super) async fn connect(
        &self,
        id: &str,
        user: &str,
        thread: &str,
        change: impl FnOnce(&mut Connection),
    ) {
        let identity = Identity::new(UserId::trusted(user), Vec::new(), None);
        let shape = Shape {
            format: Format::Agui,
            lines: Lines::Many,
        };
        let (id, thread) = (ConnectionId::trusted(id), ThreadId::trusted(thread));
        let mut row = Connection::new(id, identity, thread, shape, NOW - 60);
        change(&mut row);
        let put = self.deps.connections.put(&row).await;
        put.expect("the table works");
    }

    /// Lets the next posts to a connection fail.
    pub(super) fn fail(&self, connection: &str, failures: impl IntoIterator<Item = PostError>) {
        let mut posts = self.posts.lock().expect("one test, one thread");
        let failures = failures.into_iter().map(Some).collect();
        posts.failures.insert(connection.to_owned(), failures);
    }

    /// Lets all posts to a connection fail, until `recover`.
    pub(super) fn refuse_all(&self, connection: &str) {
        self.fail(connection, vec![PostError::Slow; 10_000]);
    }

    /// Lets all posts to a connection fail after some that succeed, until `recover`.
    pub(super) fn refuse_after(&self, connection: &str, count: usize) {
        self.refuse_all(connection);
        let mut posts = self.posts.lock().expect("one test, one thread");
        let failures = posts.failures.get_mut(connection).expect("they were set");
        for _ in 0..count {
            failures.push_front(None);
        }
    }

    /// Lets the posts to a connection never end.
    pub(super) fn hang(&self, connection: &str) {
        let mut posts = self.posts.lock().expect("one test, one thread");
        posts.hanging.insert(connection.to_owned());
    }

    /// Lets the next posts to a connection succeed.
    pub(super) fn recover(&self, connection: &str) {
        self.fail(connection, []);
    }

    /// Frames that were posted to a connection.
    pub(super) fn frames(&self, connection: &str) -> Vec<Value> {
        let posts = self.posts.lock().expect("one test, one thread");
        let frames = posts.frames.get(connection).cloned().unwrap_or_default();
        let parsed = |frame: &String| serde_json::from_str(frame).expect("JSON");
        frames.iter().map(parsed).collect()
    }

    /// Jobs that were sent to the queue of runs.
    pub(super) fn jobs(&self) -> Vec<Value> {
        self.jobs.lock().expect("one test, one thread").clone()
    }

    /// Response to an invocation with 60 s, or the type and the message of the error.
    pub(super) async fn invoke(&self, event: &Value) -> Result<Value, (String, String)> {
        self.invoke_within(event, 60).await
    }

    /// Response to an invocation with some seconds.
    pub(super) async fn invoke_within(
        &self,
        event: &Value,
        seconds: u64,
    ) -> Result<Value, (String, String)> {
        let event = RawValue::from_string(event.to_string()).expect("JSON");
        let mut context = Context::default();
        let deadline = SystemTime::now() + Duration::from_secs(seconds);
        let deadline = deadline
            .duration_since(SystemTime::UNIX_EPOCH)
            .expect("after 1970");
        context.deadline = deadline.as_millis().try_into().expect("a time");
        match handle(&self.deps, LambdaEvent::new(event, context)).await {
            Ok(answer) => Ok(json!(answer)),
            Err(failure) => {
                let error = Diagnostic::from(failure);
                Err((error.error_type, error.error_message))
            }
        }
    }
}

/// Client of a queue that takes all batches.
fn queue(sent: &Sent) -> Sqs {
    let sent = Arc::clone(sent);
    let rule = mock!(Sqs::send_message_batch)
        .match_requests(move |batch| {
            let bodies = batch.entries().iter().map(|entry| {
                assert_eq!(entry.message_group_id(), Some("ops"));
                entry.message_body().to_owned()
            });
            sent.lock()
                .expect("one test, one thread")
                .push(bodies.collect());
            true
        })
        .then_output(|| {
            let output = SendMessageBatchOutput::builder().set_successful(Some(Vec::new()));
            output
                .set_failed(Some(Vec::new()))
                .build()
                .expect("a response")
        });
    sqs(&rule)
}

fn sqs(rule: &Rule) -> Sqs {
    let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(create_mock_http_client())
        .interceptor(mocks.with_rule(rule));
    Sqs::from_conf(config.build())
}

/// Event with this id.
pub(super) fn event(id: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "/orders", "type": "com.acme.shipped", "data": {"order": "42"}})
}

/// Request to push an event to a target.
pub(super) fn request(target: &Value, id: &str) -> Value {
    json!({"target": target, "event": event(id)})
}

fn scheduler(threads: &Threads, jobs: &Arc<Mutex<Vec<Value>>>) -> Scheduler {
    let queue = Queue::new(runs(jobs), "https://sqs.us-east-1.amazonaws.com/1/runs");
    Scheduler::new(threads.clone(), queue)
}

/// Queue of runs that notes the bodies of its messages.
fn runs(jobs: &Arc<Mutex<Vec<Value>>>) -> Sqs {
    let jobs = Arc::clone(jobs);
    let rule = mock!(Sqs::send_message)
        .match_requests(move |send| {
            let body = send.message_body().expect("a body");
            let job = serde_json::from_str(body).expect("JSON");
            jobs.lock().expect("one test, one thread").push(job);
            true
        })
        .then_output(|| SendMessageOutput::builder().build());
    sqs(&rule)
}
