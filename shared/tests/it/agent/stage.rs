//! A scripted model, and one run of the loop over it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use serde_json::Value;
use shared::agent::ctx::{Ctx, Limits, Step};
use shared::agent::reply::Failure;
use shared::agent::run::{Finished, run};
use shared::history::Window;
use shared::ids::{ConnectionId, MessageId, RunId, ThreadId};
use shared::message::{Message, Usage};
use shared::model::{Delta, Deltas, Model, ModelError, ModelErrorKind, Request, StopReason};
use shared::run::Cursor;
use shared::sender::log::Log;
use shared::sender::post::Post;
use shared::sender::{self, settings::Settings};
use shared::tools::Tools;
use shared::wire::line::Reason;
use shared::wire::shape::{Format, Lines, Shape};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// One model call as the script has it.
pub(super) enum Call {
    /// It is refused.
    Fails(ModelErrorKind),
    /// It answers with these, one each 10 ms, and ends.
    Answers(Vec<Delta>),
    /// It answers with these and then breaks.
    Breaks(Vec<Delta>, ModelErrorKind),
    /// It answers with these and then says nothing more.
    Hangs(Vec<Delta>),
}

/// A model that plays a script.
#[derive(Default)]
pub(super) struct Script {
    calls: Mutex<VecDeque<Call>>,
    pub(super) requests: Mutex<Vec<Request>>,
    pub(super) dropped: Arc<Mutex<usize>>,
}

/// Counts streams that were let go before their end.
struct Open(Arc<Mutex<usize>>, bool);

impl Drop for Open {
    fn drop(&mut self) {
        if self.1 {
            *self.0.lock().expect("no test panics while it holds this") += 1;
        }
    }
}

impl Script {
    pub(super) fn of(calls: impl IntoIterator<Item = Call>) -> Self {
        Self {
            calls: Mutex::new(calls.into_iter().collect()),
            ..Self::default()
        }
    }
}

impl Model for Script {
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        self.requests
            .lock()
            .expect("one test, one thread")
            .push(request);
        let call = self.calls.lock().expect("one test, one thread").pop_front();
        let open = Open(self.dropped.clone(), true);
        Box::pin(async move {
            let (deltas, last) = match call.expect("the script has a call for each request") {
                Call::Fails(kind) => return Err(error(kind)),
                Call::Answers(deltas) => (deltas, Some(None)),
                Call::Breaks(deltas, kind) => (deltas, Some(Some(error(kind)))),
                Call::Hangs(deltas) => (deltas, None),
            };
            let paced = stream::iter(deltas).then(async |delta| {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(delta)
            });
            let end = stream::once(async move {
                let mut open = open;
                match last {
                    Some(last) => {
                        open.1 = false;
                        last.map(Err)
                    }
                    None => std::future::pending().await,
                }
            });
            Ok(paced.chain(end.filter_map(async |last| last)).boxed())
        })
    }
}

fn error(kind: ModelErrorKind) -> ModelError {
    ModelError {
        kind,
        detail: "as the script has it".to_owned(),
    }
}

/// What came of a run.
pub(super) struct Played {
    pub(super) result: Result<Finished, Failure>,
    /// The lines as a client got them.
    pub(super) lines: Vec<Value>,
    pub(super) steps: Vec<Step>,
    pub(super) took: Duration,
}

impl Played {
    /// The lines' types, with what is best looked at beside.
    pub(super) fn story(&self) -> Vec<String> {
        self.lines.iter().map(tell).collect()
    }
}

fn tell(line: &Value) -> String {
    let word = |key: &str| {
        line[key]
            .as_str()
            .map(|text| format!(" {text}"))
            .unwrap_or_default()
    };
    let note = |key: &str| {
        line["metadata"][key]
            .as_str()
            .map(|text| format!(" ({text})"))
            .unwrap_or_default()
    };
    let kind = line["type"].as_str().unwrap_or_default();
    let what = word("delta") + &word("toolCallName") + &word("content") + &word("stepName");
    format!(
        "{kind}{what}{}{}",
        note("lw.outcome"),
        note("lw.stopReason")
    )
}

pub(super) fn limits() -> Limits {
    Limits {
        max_steps: 3,
        max_tokens: 100,
        window: Window::default(),
        attempts: 3,
        backoff: Duration::from_secs(1),
        lease_margin: Duration::from_secs(5),
    }
}

/// How a run is played.
pub(super) struct Stage<'a> {
    pub(super) script: &'a Script,
    pub(super) tools: &'a Tools,
    pub(super) reasoning: bool,
    /// Stop it then, and why.
    pub(super) stop: Option<(Duration, Reason)>,
}

impl Stage<'_> {
    /// Plays one question to its end.
    pub(super) async fn play(&self) -> Played {
        let (post, frames) = recorder();
        let (_lease, lease) = watch::channel(Instant::now() + Duration::from_secs(3600));
        let (stopper, stop) = watch::channel(None);
        let run_id = RunId::trusted("r_1");
        let log = Log::resume(run_id.clone(), Vec::new(), 0);
        let (lines, _notices) = sender::spawn(Settings::default(), post, lease.clone(), log);
        let shape = Shape {
            format: Format::Agui,
            lines: Lines::Many,
        };
        lines
            .attach(ConnectionId::trusted("c"), Cursor::new(0, shape))
            .await
            .expect("the sender runs");
        let (steps, mut stored) = mpsc::channel(8);
        let ctx = Ctx {
            model: self.script,
            tools: self.tools,
            lines: lines.clone(),
            steps,
            stop,
            lease,
            run_id: run_id.clone(),
            thread_id: ThreadId::trusted("t_1"),
            system: "Be good.".to_owned(),
            reasoning: self.reasoning,
            limits: limits(),
        };
        let mut conversation = vec![Message::user(MessageId::trusted("u_1"), run_id, "Well?")];
        let begun = Instant::now();
        let stopping = async {
            if let Some((after, reason)) = self.stop {
                tokio::time::sleep(after).await;
                stopper.send_replace(Some(reason));
            }
            std::future::pending::<()>().await
        };
        let result = tokio::select! {
            result = run(&ctx, &mut conversation, 1) => result,
            () = stopping => unreachable!("it waits for ever"),
        };
        let took = begun.elapsed();
        assert!(
            lines.drained(Duration::from_secs(60)).await,
            "every line is posted"
        );
        drop(ctx);
        let mut steps = Vec::new();
        while let Some(step) = stored.recv().await {
            steps.push(step);
        }
        let frames = frames.lock().expect("one test, one thread");
        let lines = frames
            .iter()
            .flat_map(|frame| frame.lines())
            .map(|line| serde_json::from_str(line).expect("JSON"));
        Played {
            result,
            lines: lines.collect(),
            steps,
            took,
        }
    }
}

fn recorder() -> (Post, Arc<Mutex<Vec<String>>>) {
    let frames = Arc::new(Mutex::new(Vec::new()));
    let taken = frames.clone();
    let post: Post = Arc::new(move |_, frame| {
        taken.lock().expect("one test, one thread").push(frame);
        Box::pin(async { Ok(()) })
    });
    (post, frames)
}

pub(super) fn text(block: u32, text: &str) -> Delta {
    Delta::Text {
        block,
        text: text.to_owned(),
    }
}

pub(super) fn call(block: u32, name: &str) -> Delta {
    Delta::ToolStart {
        block,
        name: name.to_owned(),
    }
}

pub(super) fn input(block: u32, json: &str) -> Delta {
    Delta::ToolInput {
        block,
        json: json.to_owned(),
    }
}

pub(super) fn end(block: u32) -> Delta {
    Delta::BlockStop { block }
}

/// The model's last words.
pub(super) fn stop(reason: StopReason) -> [Delta; 2] {
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        ..Usage::default()
    };
    [
        Delta::Stop(reason),
        Delta::Metadata {
            usage,
            latency_ms: 7,
        },
    ]
}

/// Pieces in a row, with the model's last words.
pub(super) fn answer(deltas: impl IntoIterator<Item = Delta>, reason: StopReason) -> Call {
    Call::Answers(deltas.into_iter().chain(stop(reason)).collect())
}
