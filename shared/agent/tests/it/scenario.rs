//! One run of the loop with a scripted model, the real event sink and a simulated store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use longwire_agent::approvals::ApprovedCalls;
use longwire_agent::budget::Reserve;
use longwire_agent::client_tools::ClientTools;
use longwire_agent::context_window::Window;
use longwire_agent::ctx::{Ctx, Limits, Stage, Step};
use longwire_agent::error::AgentError;
use longwire_agent::outcome::{Exit, Outcome};
use longwire_agent::run::run;
use longwire_agent::steering::{ReadTexts, Steering};
use longwire_core::event_batch::EventBatch;
use longwire_core::ids::{ConnectionId, MessageId, RunId, ThreadId};
use longwire_core::message::Message;
use longwire_core::run::{CancelReason, Cursor};
use longwire_core::run_frame::RunFrame;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_core::tool::ToolSpec;
use longwire_stream::event_log::EventLog;
use longwire_stream::post::Post;
use longwire_stream::settings::Settings;
use longwire_stream::sink::EventSink;
use longwire_tools::toolbox::Tools;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::script::Script;

/// Result of a scenario.
pub(super) struct Observed {
    pub(super) exit: Result<Exit, AgentError>,
    /// Events as a client received them.
    pub(super) events: Vec<Value>,
    pub(super) steps: Vec<StoredStep>,
    pub(super) duration: Duration,
}

/// Step that the store received.
#[derive(Debug)]
pub(super) struct StoredStep {
    pub(super) messages: Vec<Message>,
    pub(super) events: EventBatch,
    pub(super) frame: Option<RunFrame>,
}

impl Observed {
    /// Outcome of a run that ended.
    pub(super) fn outcome(&self) -> Outcome {
        self.ended().0
    }

    /// Messages to be stored with the end of the run.
    pub(super) fn messages(&self) -> &[Message] {
        self.ended().1
    }

    fn ended(&self) -> (Outcome, &[Message]) {
        match &self.exit {
            Ok(Exit::Ended {
                outcome, messages, ..
            }) => (*outcome, messages),
            other => panic!("the run has not ended: {other:?}"),
        }
    }

    /// The events as text: type, content, and outcome or stop reason.
    pub(super) fn summary(&self) -> Vec<String> {
        self.events.iter().map(summarize).collect()
    }
}

fn summarize(event: &Value) -> String {
    let field = |key: &str| {
        event[key]
            .as_str()
            .map(|text| format!(" {text}"))
            .unwrap_or_default()
    };
    let annotation = |key: &str| {
        event["metadata"][key]
            .as_str()
            .map(|text| format!(" ({text})"))
            .unwrap_or_default()
    };
    let kind = event["type"].as_str().unwrap_or_default();
    let content = field("delta") + &field("toolCallName") + &field("content") + &field("stepName");
    format!(
        "{kind}{content}{}{}",
        annotation("lw.outcome"),
        annotation("lw.stopReason")
    )
}

fn limits() -> Limits {
    Limits {
        max_steps: 3,
        max_tokens: 100,
        window: Window::default(),
        model_tries: 3,
        throttled_for: Duration::from_secs(60),
        backoff: Duration::from_secs(1),
        lease_margin: Duration::from_secs(5),
    }
}

/// Setup of a run.
pub(super) struct Scenario<'a> {
    pub(super) script: &'a Script,
    pub(super) tools: &'a Tools,
    pub(super) reasoning: bool,
    /// Time and reason of a cancellation.
    pub(super) cancel: Option<(Duration, CancelReason)>,
    /// Time until the hand-over deadline.
    pub(super) time: Duration,
    /// Number of the first step.
    pub(super) first_step: u32,
    /// Messages of the run that earlier workers have stored.
    pub(super) stored: Vec<Message>,
    /// Frame that an earlier worker has stored.
    pub(super) frame: Option<RunFrame>,
    /// Messages of earlier runs.
    pub(super) earlier: Vec<Message>,
    /// Duration of a write to the store.
    pub(super) store_latency: Duration,
    /// Reserves model calls.
    pub(super) reserve: Option<Reserve>,
    /// Texts that the user sends to the run, with the times at which it accepts them.
    pub(super) texts: Vec<(Duration, &'static str)>,
    /// Tools of the client.
    pub(super) client_tools: Vec<ToolSpec>,
    /// Approved calls with which the run begins.
    pub(super) approved: ApprovedCalls,
}

impl<'a> Scenario<'a> {
    /// A plain question, with ample time.
    pub(super) fn new(script: &'a Script, tools: &'a Tools) -> Self {
        Self {
            script,
            tools,
            reasoning: false,
            cancel: None,
            time: Duration::from_secs(900),
            first_step: 1,
            stored: Vec::new(),
            frame: None,
            earlier: Vec::new(),
            store_latency: Duration::ZERO,
            reserve: None,
            texts: Vec::new(),
            client_tools: Vec::new(),
            approved: ApprovedCalls::default(),
        }
    }

    /// Plays the run to its end.
    pub(super) async fn play(&self) -> Observed {
        let observed = self.play_for(Duration::MAX).await;
        observed.expect("the worker does not crash")
    }

    /// Plays the run. If it has not ended after `crash_after`, the worker crashes, and the stored steps are
    /// returned.
    pub(super) async fn play_for(
        &self,
        crash_after: Duration,
    ) -> Result<Observed, Vec<StoredStep>> {
        let stored = Mutex::default();
        let worked = tokio::time::timeout(crash_after, self.work(&stored)).await;
        let steps = stored.into_inner().expect("one test, one thread");
        match worked {
            Ok((exit, duration, events)) => Ok(Observed {
                exit,
                events,
                steps,
                duration,
            }),
            Err(_) => Err(steps),
        }
    }

    async fn work(
        &self,
        stored: &Mutex<Vec<StoredStep>>,
    ) -> (Result<Exit, AgentError>, Duration, Vec<Value>) {
        let (post, frames) = recorder();
        let (_lease, lease) = watch::channel(Instant::now() + Duration::from_secs(3600));
        let (canceller, cancel) = watch::channel(None);
        let events = sink(post, lease.clone()).await;
        let (steps, received) = mpsc::channel(1);
        let early = self.texts.iter().filter(|(at, _)| at.is_zero()).count();
        let (accepted, texts) = watch::channel(u32::try_from(early).expect("few texts"));
        let ctx = self.ctx(events.clone(), steps, cancel, lease, texts);
        let cancelling = async {
            if let Some((after, reason)) = self.cancel {
                if !after.is_zero() {
                    tokio::time::sleep(after).await;
                }
                canceller.send_replace(Some(reason));
            }
            std::future::pending::<()>().await
        };
        let started = Instant::now();
        let texting = async {
            for (at, _) in self.texts.iter().skip(early) {
                tokio::time::sleep_until(started + *at).await;
                accepted.send_modify(|accepted| *accepted += 1);
            }
            std::future::pending::<()>().await
        };
        let ((exit, duration), ()) = tokio::select! {
            biased;
            () = cancelling => unreachable!("it never completes"),
            () = texting => unreachable!("it never completes"),
            both = async { tokio::join!(self.run(ctx), self.store(received, stored)) } => both,
        };
        let drained = events.drained(Duration::from_secs(60)).await;
        assert!(drained, "every event is posted");
        let frames = frames.lock().expect("one test, one thread");
        let lines = frames.iter().flat_map(|frame| frame.lines());
        let events = lines.map(|line| serde_json::from_str(line).expect("JSON"));
        (exit, duration, events.collect())
    }

    fn ctx(
        &self,
        events: EventSink,
        steps: mpsc::Sender<Step>,
        cancel: watch::Receiver<Option<CancelReason>>,
        lease: watch::Receiver<Instant>,
        accepted: watch::Receiver<u32>,
    ) -> Ctx<'_> {
        Ctx {
            client_tools: ClientTools::new(self.client_tools.clone()),
            approved: self.approved.clone(),
            model: self.script,
            tools: self.tools,
            events,
            steps,
            cancel,
            lease,
            hand_over_at: Instant::now() + self.time,
            run_id: RunId::trusted("r_1"),
            thread_id: ThreadId::trusted("t_1"),
            system: "Be good.".to_owned(),
            frame: self.frame.clone(),
            reasoning: self.reasoning,
            question: None,
            limits: limits(),
            reserve: self.reserve.clone(),
            steering: Steering {
                accepted,
                taken: 0,
                read: self.read_texts(),
            },
        }
    }

    /// Reads the texts that the user sent, as messages `s_1`, `s_2` and so on.
    fn read_texts(&self) -> ReadTexts {
        let texts: Vec<_> = self.texts.iter().map(|(_, text)| *text).collect();
        Arc::new(move |after, last| {
            let message = |number: u32| {
                let id = MessageId::trusted(format!("s_{number}"));
                Message::steered(id, RunId::trusted("r_1"), texts[number as usize - 1])
            };
            let messages = (after + 1..=last).map(message).collect();
            Box::pin(async { Some(messages) })
        })
    }

    async fn run(&self, ctx: Ctx<'_>) -> (Result<Exit, AgentError>, Duration) {
        let prompt = Message::user(MessageId::trusted("u_1"), ctx.run_id.clone(), "Well?");
        let mut conversation = self.earlier.clone();
        conversation.push(prompt);
        conversation.extend(self.stored.clone());
        let started = Instant::now();
        let exit = run(&ctx, &mut conversation, self.first_step).await;
        (exit, started.elapsed())
    }

    /// Simulates the store, which writes the prompt first.
    async fn store(&self, mut steps: mpsc::Receiver<Step>, stored: &Mutex<Vec<StoredStep>>) {
        tokio::time::sleep(self.store_latency).await;
        while let Some(step) = steps.recv().await {
            tokio::time::sleep(self.store_latency).await;
            stored
                .lock()
                .expect("one test, one thread")
                .push(StoredStep {
                    messages: step.messages,
                    events: step.events,
                    frame: step.frame,
                });
            if let Stage::Calling(notify) = step.stage {
                // A cancelled run does not wait for the write.
                let _: Result<(), ()> = notify.send(());
            }
        }
    }
}

/// Event sink with one subscriber.
async fn sink(post: Post, lease: watch::Receiver<Instant>) -> EventSink {
    let log = EventLog::resume(
        ThreadId::trusted("t_1"),
        RunId::trusted("r_1"),
        Vec::new(),
        0,
    );
    let (events, _notices) = longwire_stream::spawn(
        Settings::default(),
        post,
        Arc::new(|_| Box::pin(async { Ok(None) })),
        lease,
        log,
    );
    let shape = Shape {
        format: Format::Agui,
        lines: Lines::Many,
    };
    events
        .attach(ConnectionId::trusted("c"), Cursor::new(0, shape))
        .await
        .expect("the dispatcher runs");
    events
}

fn recorder() -> (Post, Arc<Mutex<Vec<String>>>) {
    let frames = Arc::new(Mutex::new(Vec::new()));
    let recorded = frames.clone();
    let post: Post = Arc::new(move |_, frame| {
        recorded.lock().expect("one test, one thread").push(frame);
        Box::pin(async { Ok(()) })
    });
    (post, frames)
}
