//! A run with watchers whose posts behave as the test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longwire_core::ids::{ConnectionId, MessageId, RunId, ThreadId};
use longwire_core::run::Cursor;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_protocol::event::{AssistantRole, Event, PROTOCOL_VERSION, RunOutcome};
use longwire_stream::event_log::EventLog;
use longwire_stream::post::{Post, PostError};
use longwire_stream::settings::{Notices, Settings};
use longwire_stream::sink::EventSink;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(crate) type Verdict = (Duration, Result<(), PostError>);

/// An attempt to post, in the order the attempts started.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) to: ConnectionId,
    pub(crate) started: Instant,
    /// It was neither answered nor given up.
    under_way: bool,
    /// When it was answered, and how.
    pub(crate) landed: Option<(Instant, Result<(), PostError>)>,
    pub(crate) text: String,
}

/// The connections' side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Far(Arc<Mutex<Vec<Attempt>>>);

impl Far {
    /// Every attempt takes as long and ends as `verdict` says of it; its number counts from 0 per connection.
    pub(crate) fn post(
        &self,
        verdict: impl Fn(&ConnectionId, usize) -> Verdict + Send + Sync + 'static,
    ) -> Post {
        let far = self.clone();
        Arc::new(move |to, text| {
            let (index, nth) = far.begin(&to, text);
            let (takes, result) = verdict(&to, nth);
            let attempt = UnderWay(far.clone(), index);
            async move {
                sleep(takes).await;
                attempt.change(|a| a.landed = Some((Instant::now(), result.clone())));
                result
            }
            .boxed()
        })
    }

    fn begin(&self, to: &ConnectionId, text: String) -> (usize, usize) {
        let mut attempts = self.0.lock().unwrap();
        let of_this = || attempts.iter().filter(|attempt| attempt.to == *to);
        assert!(
            !of_this().any(|a| a.under_way),
            "two posts to {to} at a time"
        );
        let nth = of_this().count();
        attempts.push(Attempt {
            to: to.clone(),
            started: Instant::now(),
            under_way: true,
            landed: None,
            text,
        });
        (attempts.len() - 1, nth)
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.0.lock().unwrap().clone()
    }

    /// The frames a connection took.
    pub(crate) fn taken(&self, name: &str) -> Vec<String> {
        let took = |a: &Attempt| a.to == id(name) && matches!(a.landed, Some((_, Ok(()))));
        let attempts = self.attempts().into_iter().filter(took);
        attempts.map(|attempt| attempt.text).collect()
    }

    /// The lines a connection took.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let frames = self.taken(name);
        frames
            .iter()
            .flat_map(|f| f.split('\n'))
            .map(str::to_owned)
            .collect()
    }
}

/// An attempt that nobody gave up yet.
struct UnderWay(Far, usize);

impl UnderWay {
    fn change(&self, change: impl FnOnce(&mut Attempt)) {
        change(&mut self.0.0.lock().unwrap()[self.1]);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.change(|attempt| attempt.under_way = false);
    }
}

pub(crate) struct Stage {
    pub(crate) sender: EventSink,
    pub(crate) notices: Notices,
    pub(crate) far: Far,
    pub(crate) lease: watch::Sender<Instant>,
}

/// A new run with a lease for an hour.
pub(crate) fn stage(
    verdict: impl Fn(&ConnectionId, usize) -> Verdict + Send + Sync + 'static,
) -> Stage {
    stage_with(Settings::default(), verdict)
}

pub(crate) fn stage_with(
    settings: Settings,
    verdict: impl Fn(&ConnectionId, usize) -> Verdict + Send + Sync + 'static,
) -> Stage {
    let far = Far::default();
    let (lease, held) = watch::channel(Instant::now() + Duration::from_secs(3600));
    let log = EventLog::resume(ThreadId::trusted("t1"), RunId::trusted("r1"), Vec::new(), 0);
    let (sender, notices) = longwire_stream::spawn(settings, far.post(verdict), held, log);
    Stage {
        sender,
        notices,
        far,
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
        self.sender.attach(id(name), cursor).await.unwrap();
    }

    pub(crate) async fn emit(&self, event: Event) {
        self.sender.emit(event).await.unwrap();
    }

    /// The run and its first step begin.
    pub(crate) async fn open(&self) {
        self.emit(run_started()).await;
        self.emit(step_started()).await;
    }

    /// The text begins, with its first word.
    pub(crate) async fn speak(&self, first: &str) {
        self.emit(text_start()).await;
        self.emit(text(first)).await;
    }

    /// Ends the run and waits until everything is sent.
    pub(crate) async fn finish(&self) {
        self.sender.close(run_finished()).await.unwrap();
        self.sender.release().await.unwrap();
        assert!(self.sender.drained(Duration::from_secs(60)).await);
    }
}

pub(crate) fn id(name: &str) -> ConnectionId {
    ConnectionId::trusted(name)
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The texts in lines, together.
pub(crate) fn said(lines: &[String]) -> String {
    let deltas = lines.iter().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        Some(line.get("delta")?.as_str()?.to_owned())
    });
    deltas.collect()
}

/// The numbers of lines.
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
    Event::RunFinished {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        outcome: RunOutcome::Success,
        usage: Vec::new(),
    }
}
