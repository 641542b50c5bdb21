//! Senders: the product, a control or a peer.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cell::Cell;
use crate::events::{self, NOBODY};
use crate::fakes::connections::PREFIX;
use crate::fakes::observed::Observed;
use crate::function::Function;
use crate::stage::Stage;

/// Time for which a client certainly keeps a connection: the product's keep one for 20 s.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// Prompt of every run.
const PROMPT: &str = "Count.";

/// One run that was observed.
#[derive(Debug)]
pub(crate) struct Run {
    /// Time from the message's event to its response; `None` for a function that has no queue.
    pub(crate) ack: Option<Duration>,
    /// Time at which the function that calls the model was given its event.
    pub(crate) invoked: Instant,
    /// Time at which it had answered.
    pub(crate) returned: Instant,
    /// CPU time that it used.
    pub(crate) cpu: Duration,
    /// Observations of the fakes.
    pub(crate) observed: Observed,
}

/// Way in which a sender writes text into its posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// AG-UI events as JSON Lines, with one terminal event.
    AgUi,
    /// Any; the bench's tokens are looked for.
    Any,
}

/// Sender: the product, a control or a peer.
#[derive(Debug)]
pub(crate) struct Sender {
    /// Name, also of its files.
    pub(crate) name: String,
    /// Way in which it writes text.
    pub(crate) dialect: Dialect,
    parts: Parts,
    runs: usize,
    /// End of the last run.
    last: Option<Instant>,
}

#[derive(Debug)]
enum Parts {
    /// The functions of the product.
    Product { front: Box<Front>, worker: Function },
    /// One function that is invoked with a message of a WebSocket, as the samples are.
    Single(Function),
}

/// Functions of the product that clients talk to.
#[derive(Debug)]
pub(crate) struct Front {
    connect: Function,
    ingest: Function,
    /// Parameter `lines` of the connections.
    lines: Option<&'static str>,
}

/// Job of a prompt that was acknowledged.
pub(crate) struct Acknowledged {
    /// Event of the queue for the worker.
    pub(crate) event: Value,
    /// Time from the message's event to its response.
    pub(crate) ack: Duration,
}

/// Kind of the product that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// As it is delivered.
    Default,
    /// With one event per delta, one post per event, and no pauses between them.
    WithoutCoalescing,
}

impl Sender {
    /// Starts the functions of the product in `folder`.
    pub(crate) async fn product(stage: &Stage, folder: &Path, product: Product) -> Result<Self> {
        let (name, lines) = match product {
            Product::Default => ("longwire", None),
            Product::WithoutCoalescing => ("longwire-uncoalesced", Some("one")),
        };
        let mut environment = stage.environment();
        if product == Product::WithoutCoalescing {
            let off = [
                ("COALESCE_DELTAS", "false"),
                ("FLUSH_WINDOW_MS", "0"),
                ("MIN_POST_INTERVAL_MS", "0"),
            ];
            environment.extend(off.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let front = Front {
            lines,
            ..Front::start(stage, folder, name).await?
        };
        let log = stage.log(&format!("{name}-worker"));
        let worker = Function::start_ready(&folder.join("worker"), &environment, &log).await?;
        let front = Box::new(front);
        let parts = Parts::Product { front, worker };
        Ok(Self {
            name: name.to_owned(),
            dialect: Dialect::AgUi,
            parts,
            runs: 0,
            last: None,
        })
    }

    /// Starts one function that answers a message by itself. Its messages have the fields in which the published samples
    /// look for the prompt.
    pub(crate) async fn single(stage: &Stage, name: String, bootstrap: &Path) -> Result<Self> {
        let function =
            Function::start_ready(bootstrap, &stage.environment(), &stage.log(&name)).await?;
        Ok(Self {
            name,
            dialect: Dialect::Any,
            parts: Parts::Single(function),
            runs: 0,
            last: None,
        })
    }

    /// Starts a function of which only the file is known.
    pub(crate) async fn peer(stage: &Stage, bootstrap: &Path) -> Result<Self> {
        let folder = bootstrap.parent().and_then(Path::file_name);
        let name = folder.map_or_else(|| "peer".into(), |name| name.to_string_lossy().into_owned());
        Self::single(stage, format!("peer-{name}"), bootstrap).await
    }

    /// Tells whether the sender can have several subscribers and call tools.
    pub(crate) fn takes(&self, cell: &Cell) -> bool {
        matches!(self.parts, Parts::Product { .. })
            || (cell.subscribers == 1 && cell.replies.len() == 1)
    }

    /// Largest resident memory of the function that calls the model, and of that which takes messages, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<(u64, Option<u64>)> {
        match &self.parts {
            Parts::Product { front, worker } => {
                Ok((worker.peak_memory()?, Some(front.ingest.peak_memory()?)))
            }
            Parts::Single(function) => Ok((function.peak_memory()?, None)),
        }
    }

    /// Tells whether the last run was so long ago that clients have closed the connections of their pools.
    pub(crate) fn is_cold(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() > POOL_IDLE)
    }

    /// Makes one run of a cell.
    pub(crate) async fn run(&mut self, stage: &Stage, cell: &Cell) -> Result<Run> {
        let run = self.run_once(stage, cell).await;
        self.last = Some(Instant::now());
        run
    }

    async fn run_once(&mut self, stage: &Stage, cell: &Cell) -> Result<Run> {
        self.runs += 1;
        let run = format!("{PREFIX}{}-{}", self.name, self.runs);
        match &self.parts {
            Parts::Product { front, worker } => {
                let Acknowledged { event, ack } = front.prompt(stage, cell, &run, NOBODY).await?;
                measured(stage, worker, &event, Some(ack)).await
            }
            Parts::Single(function) => {
                stage.prepare(cell);
                let message = json!({ "prompt": PROMPT, "message": PROMPT, "storyType": PROMPT });
                let event = events::message(&format!("{run}-0"), NOBODY, &stage.domain, &message)?;
                measured(stage, function, &event, None).await
            }
        }
    }
}

impl Front {
    /// Starts the functions in `folder` for a sender of this name.
    pub(crate) async fn start(stage: &Stage, folder: &Path, name: &str) -> Result<Self> {
        let environment = stage.environment();
        let start = async |function: &str| {
            let log = stage.log(&format!("{name}-{function}"));
            Function::start_ready(&folder.join(function), &environment, &log).await
        };
        Ok(Self {
            connect: start("connect").await?,
            ingest: start("ingest").await?,
            lines: None,
        })
    }

    /// Opens a connection of a user with a thread.
    pub(crate) async fn connect(&self, connection: &str, user: &str, thread: &str) -> Result<()> {
        let event = events::connect(connection, user, thread, self.lines)?;
        let connected = self.connect.invoke(&event).await?.response;
        ensure!(
            connected["statusCode"] == 200,
            "a connection was refused: {connected}"
        );
        Ok(())
    }

    /// Connects the subscribers of a run, whose name is new, and sends its prompt, all by one user.
    pub(crate) async fn prompt(
        &self,
        stage: &Stage,
        cell: &Cell,
        run: &str,
        user: &str,
    ) -> Result<Acknowledged> {
        for subscriber in 0..cell.subscribers {
            let connection = format!("{run}-{subscriber}");
            self.connect(&connection, user, run).await?;
        }
        stage.prepare(cell);
        let message = json!({ "action": "prompt", "prompt": PROMPT });
        let event = events::message(&format!("{run}-0"), user, &stage.domain, &message)?;
        let taken = self.ingest.invoke(&event).await?;
        let body = taken.response["body"].as_str().unwrap_or_default();
        ensure!(body.contains("\"ack\""), "the prompt was not taken: {body}");
        let observed = stage.recorder.take();
        let job = observed.messages.first().context("no job was sent")?;
        Ok(Acknowledged {
            event: events::queue(job)?,
            ack: taken.ended - taken.started,
        })
    }
}

/// Invokes the function that calls the model, and collects what was observed.
async fn measured(
    stage: &Stage,
    function: &Function,
    event: &Value,
    ack: Option<Duration>,
) -> Result<Run> {
    let before = function.cpu()?;
    let invocation = function.invoke(event).await?;
    Ok(Run {
        ack,
        invoked: invocation.started,
        returned: invocation.ended,
        cpu: function.cpu()?.saturating_sub(before),
        observed: stage.recorder.take(),
    })
}
