//! Dispatcher of a run with clients, a durable log and a lease that the test controls.

use std::time::Duration;

use longwire_core::ids::{ConnectionId, MessageId, RunId, ThreadId};
use longwire_core::run::{Cursor, RunStatus};
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::event::{AssistantRole, Event, PROTOCOL_VERSION, RunOutcome};
use longwire_stream::event_log::EventLog;
use longwire_stream::notice::Notices;
use longwire_stream::post::Post;
use longwire_stream::read::ReadEvents;
use longwire_stream::settings::Settings;
use longwire_stream::sink::EventSink;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clients::{Clients, PostOutcome};
use crate::durable_log::{DurableLog, ReadOutcome};

pub(crate) struct Stage {
    pub(crate) sink: EventSink,
    pub(crate) notices: Notices,
    pub(crate) clients: Clients,
    pub(crate) lease: watch::Sender<Instant>,
}

/// Starts a new run.
pub(crate) fn stage(
    outcome: impl Fn(&ConnectionId, usize) -> PostOutcome + Send + Sync + 'static,
) -> Stage {
    stage_with(Settings::default(), outcome)
}

pub(crate) fn stage_with(
    settings: Settings,
    outcome: impl Fn(&ConnectionId, usize) -> PostOutcome + Send + Sync + 'static,
) -> Stage {
    let nothing = DurableLog::default().read(1, |_| (Duration::ZERO, Ok(())));
    let clients = Clients::default();
    start(
        settings,
        &clients,
        clients.post(outcome),
        nothing,
        new_run(),
    )
}

/// Starts a new run whose older events are read from `durable`, `page` events at a time.
pub(crate) fn stage_with_log(
    settings: Settings,
    durable: &DurableLog,
    page: usize,
    outcome: impl Fn(&ConnectionId, usize) -> PostOutcome + Send + Sync + 'static,
) -> Stage {
    let read = durable.read(page, |_| (ms(5), Ok(())));
    let clients = Clients::default();
    start(settings, &clients, clients.post(outcome), read, new_run())
}

/// Replays a run of `count` deltas that has ended. Posts take 10 ms; reads are answered from `durable`, `page`
/// deltas at a time, as `outcome` says.
pub(crate) fn ended_stage(
    count: u64,
    durable: &DurableLog,
    page: usize,
    outcome: impl Fn(usize) -> ReadOutcome + Send + Sync + 'static,
) -> Stage {
    let (thread, run) = (ThreadId::trusted("t1"), RunId::trusted("r1"));
    let log = EventLog::ended(thread, run, count, RunStatus::Finished);
    let clients = Clients::default();
    let post = clients.post(|_, _| (ms(10), Ok(())));
    let read = durable.read(page, outcome);
    start(Settings::default(), &clients, post, read, log)
}

fn new_run() -> EventLog {
    EventLog::resume(ThreadId::trusted("t1"), RunId::trusted("r1"), Vec::new(), 0)
}

/// Starts a dispatcher with a lease of one hour.
fn start(
    settings: Settings,
    clients: &Clients,
    post: Post,
    read: ReadEvents,
    log: EventLog,
) -> Stage {
    let (lease, expiry) = watch::channel(Instant::now() + Duration::from_secs(3600));
    let (sink, notices) = longwire_stream::spawn(settings, post, read, expiry, log);
    Stage {
        sink,
        notices,
        clients: clients.clone(),
        lease,
    }
}

impl Stage {
    pub(crate) async fn attach(&self, name: &str, lines: Lines) {
        self.attach_as(name, Format::Agui, lines, 0).await;
    }

    pub(crate) async fn attach_as(&self, name: &str, format: Format, lines: Lines, after: u64) {
        let shape = Shape { format, lines };
        let cursor = Cursor::new(after, shape);
        self.sink.attach(id(name), cursor).await.unwrap();
    }

    /// Attaches a client that sent `resume`.
    pub(crate) async fn resume(&self, name: &str, format: Format, after: u64) {
        self.sink
            .attach(id(name), resumed_at(after, format))
            .await
            .unwrap();
    }

    /// Tells that a connection was made long ago.
    pub(crate) async fn opened_long_ago(&self, name: &str) {
        let times = [(id(name), Instant::now())].into();
        self.sink.set_opening_until(times).await.unwrap();
    }

    pub(crate) async fn emit(&self, event: Event) {
        self.sink.emit(event).await.unwrap();
    }

    /// Starts the run and its first step.
    pub(crate) async fn open(&self) {
        self.emit(run_started()).await;
        self.emit(step_started()).await;
    }

    /// Starts the text, with its first delta.
    pub(crate) async fn start_text(&self, first: &str) {
        self.emit(text_start()).await;
        self.emit(text(first)).await;
    }

    /// Ends the run and waits until everything is posted.
    pub(crate) async fn finish(&self) {
        self.sink.close(run_finished()).await.unwrap();
        self.sink.release().await.unwrap();
        self.drain().await;
    }

    /// Waits until everything is posted.
    pub(crate) async fn drain(&self) {
        assert!(self.sink.drained(Duration::from_secs(600)).await);
    }
}

/// Cursor that a `resume` request set.
pub(crate) fn resumed_at(after: u64, format: Format) -> Cursor {
    let lines = Lines::Many;
    Cursor {
        requested_at: 1_763_681_477_123,
        ..Cursor::new(after, Shape { format, lines })
    }
}

pub(crate) fn id(name: &str) -> ConnectionId {
    ConnectionId::trusted(name)
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Concatenates the deltas of events.
pub(crate) fn joined_deltas(lines: &[String]) -> String {
    let deltas = lines.iter().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        Some(line.get("delta")?.as_str()?.to_owned())
    });
    deltas.collect()
}

/// Numbers of events.
pub(crate) fn numbers(lines: &[String]) -> Vec<u64> {
    let seq = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["metadata"]["lw.seq"].as_u64().unwrap()
    };
    lines.iter().map(seq).collect()
}

pub(crate) fn run_started() -> Event {
    Event::RunStarted {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        protocol_version: PROTOCOL_VERSION.to_owned(),
        input: None,
    }
}

pub(crate) fn step_started() -> Event {
    Event::StepStarted {
        step_name: "turn-1".to_owned(),
    }
}

pub(crate) fn text_start() -> Event {
    Event::TextMessageStart {
        message_id: MessageId::trusted("m1"),
        role: AssistantRole::Assistant,
    }
}

pub(crate) fn text(delta: impl Into<String>) -> Event {
    Event::TextMessageContent {
        message_id: MessageId::trusted("m1"),
        delta: delta.into(),
    }
}

pub(crate) fn text_end() -> Event {
    Event::TextMessageEnd {
        message_id: MessageId::trusted("m1"),
    }
}

pub(crate) fn run_finished() -> Event {
    run_ended(RunOutcome::Success {
        pending_tool_call_ids: Vec::new(),
    })
}

pub(crate) fn run_cancelled() -> Event {
    run_ended(RunOutcome::Cancelled)
}

fn run_ended(outcome: RunOutcome) -> Event {
    Event::RunFinished {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        outcome,
        usage: Vec::new(),
    }
}
