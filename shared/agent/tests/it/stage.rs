//! One run of the loop over a scripted model.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use longwire_agent::context_window::Window;
use longwire_agent::ctx;
use longwire_agent::ctx::{Ctx, Limits, Step};
use longwire_agent::outcome::{Exit, Finished};
use longwire_agent::reply::Failure;
use longwire_agent::run::run;
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{ConnectionId, MessageId, RunId, ThreadId};
use longwire_core::message::Message;
use longwire_core::run::CancelReason;
use longwire_core::run::Cursor;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_stream::event_log::EventLog;
use longwire_stream::post::Post;
use longwire_stream::read::ReadEvents;
use longwire_stream::settings::Settings;
use longwire_stream::sink::EventSink;
use longwire_tools::Tools;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::script::Script;

/// What came of a run.
pub(super) struct Played {
    pub(super) exit: Result<Exit, Failure>,
    /// The lines as a client got them.
    pub(super) lines: Vec<Value>,
    pub(super) steps: Vec<Stored>,
    pub(super) took: Duration,
}

/// A step as it was stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) messages: Vec<Message>,
    pub(super) lines: EventBatch,
}

impl Played {
    /// The run's end, when it came to one.
    pub(super) fn finished(&self) -> &Finished {
        match &self.exit {
            Ok(Exit::Ended(finished)) => finished,
            other => panic!("the run's end was expected: {other:?}"),
        }
    }

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
    pub(super) stop: Option<(Duration, CancelReason)>,
    /// How long this worker may take.
    pub(super) time: Duration,
    /// The step to begin with.
    pub(super) first: u32,
    /// What workers before this one have stored of the run.
    pub(super) before: Vec<Message>,
    /// How long the store takes for a step.
    pub(super) store: Duration,
}

impl<'a> Stage<'a> {
    /// A plain question, and all the time it takes.
    pub(super) fn new(script: &'a Script, tools: &'a Tools) -> Self {
        Self {
            script,
            tools,
            reasoning: false,
            stop: None,
            time: Duration::from_secs(900),
            first: 1,
            before: Vec::new(),
            store: Duration::ZERO,
        }
    }

    /// Plays it to its end.
    pub(super) async fn play(&self) -> Played {
        let played = self.play_for(Duration::MAX).await;
        played.expect("nothing kills its worker")
    }

    /// Plays it; if it has not come to its end by then its worker dies, and what was stored is left.
    pub(super) async fn play_for(&self, life: Duration) -> Result<Played, Vec<Stored>> {
        let kept = Mutex::default();
        let worked = tokio::time::timeout(life, self.work(&kept)).await;
        let steps = kept.into_inner().expect("one test, one thread");
        match worked {
            Ok((exit, took, lines)) => Ok(Played {
                exit,
                lines,
                steps,
                took,
            }),
            Err(_) => Err(steps),
        }
    }

    async fn work(
        &self,
        kept: &Mutex<Vec<Stored>>,
    ) -> (Result<Exit, Failure>, Duration, Vec<Value>) {
        let (post, frames) = recorder();
        let (_lease, lease) = watch::channel(Instant::now() + Duration::from_secs(3600));
        let (stopper, stop) = watch::channel(None);
        let lines = sender(post, lease.clone()).await;
        let (steps, stored) = mpsc::channel(1);
        let ctx = self.ctx(lines.clone(), steps, stop, lease);
        let stopping = async {
            if let Some((after, reason)) = self.stop {
                if !after.is_zero() {
                    tokio::time::sleep(after).await;
                }
                stopper.send_replace(Some(reason));
            }
            std::future::pending::<()>().await
        };
        let ((exit, took), ()) = tokio::select! {
            biased;
            () = stopping => unreachable!("it waits for ever"),
            both = async { tokio::join!(self.converse(ctx), self.keep(stored, kept)) } => both,
        };
        let posted = lines.drained(Duration::from_secs(60)).await;
        assert!(posted, "every line is posted");
        let frames = frames.lock().expect("one test, one thread");
        let lines = frames.iter().flat_map(|frame| frame.lines());
        let lines = lines.map(|line| serde_json::from_str(line).expect("JSON"));
        (exit, took, lines.collect())
    }

    fn ctx(
        &self,
        lines: EventSink,
        steps: mpsc::Sender<Step>,
        stop: watch::Receiver<Option<CancelReason>>,
        lease: watch::Receiver<Instant>,
    ) -> Ctx<'_> {
        Ctx {
            model: self.script,
            tools: self.tools,
            lines,
            steps,
            stop,
            lease,
            until: Instant::now() + self.time,
            run_id: RunId::trusted("r_1"),
            thread_id: ThreadId::trusted("t_1"),
            system: "Be good.".to_owned(),
            reasoning: self.reasoning,
            limits: limits(),
        }
    }

    async fn converse(&self, ctx: Ctx<'_>) -> (Result<Exit, Failure>, Duration) {
        let prompt = Message::user(MessageId::trusted("u_1"), ctx.run_id.clone(), "Well?");
        let mut conversation = vec![prompt];
        conversation.extend(self.before.clone());
        let begun = Instant::now();
        let exit = run(&ctx, &mut conversation, self.first).await;
        (exit, begun.elapsed())
    }

    /// Plays the store, which takes the prompt first.
    async fn keep(&self, mut steps: mpsc::Receiver<Step>, kept: &Mutex<Vec<Stored>>) {
        tokio::time::sleep(self.store).await;
        while let Some(step) = steps.recv().await {
            tokio::time::sleep(self.store).await;
            kept.lock().expect("one test, one thread").push(Stored {
                messages: step.messages,
                lines: step.lines,
            });
            if let ctx::Stage::Calling(stored) = step.stage {
                // A run that was stopped meanwhile does not wait for it.
                let _: Result<(), ()> = stored.send(());
            }
        }
    }
}

/// A sender with one connection.
async fn sender(post: Post, lease: watch::Receiver<Instant>) -> EventSink {
    let log = EventLog::resume(
        ThreadId::trusted("t_1"),
        RunId::trusted("r_1"),
        Vec::new(),
        0,
    );
    let read: ReadEvents = Arc::new(|_| Box::pin(async { Ok(None) }));
    let (lines, _notices) = longwire_stream::spawn(Settings::default(), post, read, lease, log);
    let shape = Shape {
        format: Format::Agui,
        lines: Lines::Many,
    };
    lines
        .attach(ConnectionId::trusted("c"), Cursor::new(0, shape))
        .await
        .expect("the sender runs");
    lines
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
