//! Lag of an answer beside which services push events to its connection, a hundred a second.

use std::io::{Write as _, stderr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cell::Cell;
use crate::clock;
use crate::fakes::connections::PREFIX;
use crate::fakes::observed::Post;
use crate::figures::{CellFigures, RunFigures, count, in_millis, millis, percentile};
use crate::function::Function;
use crate::gate::take_pushes;
use crate::options::Options;
use crate::report::plot;
use crate::sender::{Acknowledged, Dialect, Front, Run};
use crate::stage::Stage;

/// Name of the cell.
pub(crate) const STORM: &str = "storm-100";

/// Time between two events.
const GAP: Duration = Duration::from_millis(10);

/// Processes of `push`: more than are busy at the same time, as Lambda would start them.
const INSTANCES: usize = 8;

/// Events that are pushed beside an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Events {
    /// None.
    None,
    /// To the connection of another user. What they change is due to the machine, which functions do not share in AWS.
    Elsewhere,
    /// To the connection of the answer.
    Same,
}

impl Events {
    const ALL: [Self; 3] = [Self::None, Self::Elsewhere, Self::Same];

    /// Name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Elsewhere => "to another connection",
            Self::Same => "to the connection",
        }
    }
}

/// Figures of the cell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Storm {
    /// Name.
    pub(crate) cell: &'static str,
    /// Milliseconds for which a connection takes one frame.
    pub(crate) frame: u64,
    /// Figures without events, and beside them.
    pub(crate) events: Vec<StormFigures>,
}

/// Figures of all runs beside the same events. Times are in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StormFigures {
    /// Events.
    #[serde(rename = "beside")]
    pub(crate) events: Events,
    /// Figures of the answers.
    #[serde(flatten)]
    pub(crate) cell: CellFigures,
    /// Median time from the arrival of a post of the answer to the answer of `@connections`.
    pub(crate) post_p50: f64,
    /// 99th percentile of the same.
    pub(crate) post_p99: f64,
    /// Events that were pushed.
    pub(crate) pushes: usize,
    /// Posts of events a second while the model wrote; median of the runs.
    pub(crate) rate: f64,
    /// Time by which the latest event was given to a process later than it was due.
    pub(crate) latest_push: f64,
}

/// Run of the cell that was right.
struct Measured {
    figures: RunFigures,
    /// Times of the answer's posts, in milliseconds.
    posts: Vec<f64>,
    pushes: usize,
    rate: f64,
    latest_push: f64,
}

/// Event that was pushed.
struct Pushed {
    event: Value,
    /// Time by which it was late.
    late: Duration,
}

/// Functions that take part.
struct Functions {
    front: Front,
    worker: Function,
    pushes: Vec<Function>,
}

/// Measures the cell. The order of the events is reversed after each round; the first round warms the processes up and does not
/// count.
pub(crate) async fn measure(stage: &Stage, options: &Options, frame: Duration) -> Result<Storm> {
    let functions = Functions::start(stage, &options.functions).await?;
    let cell = Cell::storm(STORM, frame);
    let mut measured = Events::ALL.map(|events| (events, Vec::new()));
    for round in 0..=options.runs() {
        for (events, runs) in &mut measured {
            let name = format!("{PREFIX}storm-{round}-{}", *events as usize);
            let run = functions.run(stage, &cell, *events, &name).await;
            let run = run.with_context(|| format!("{STORM}, events {}", events.name()))?;
            if round > 0 {
                runs.push(run);
            }
        }
        measured.reverse();
    }
    measured.sort_by_key(|(events, _)| *events as usize);
    let mut all = Vec::new();
    for (events, runs) in measured {
        let last = runs.last().context("the cell has runs")?;
        let file = options
            .out
            .join(format!("{STORM}-{events:?}.svg").to_lowercase());
        plot::draw(
            &last.figures,
            &format!("{STORM}, events {}", events.name()),
            &file,
        )?;
        let figures = StormFigures::join(events, runs);
        progress(&figures)?;
        all.push(figures);
    }
    Ok(Storm {
        cell: STORM,
        frame: options.frame,
        events: all,
    })
}

impl Storm {
    /// Figures without events.
    pub(crate) fn quiet(&self) -> &StormFigures {
        &self.events[0]
    }

    /// Milliseconds by which the lag of the slowest deltas (p99) grows beside events to the same connection.
    pub(crate) fn growth(&self) -> f64 {
        let same = self.events.last().unwrap_or(self.quiet());
        same.cell.lag_p99 - self.quiet().cell.lag_p99
    }

    /// Milliseconds of one post without events.
    pub(crate) fn post(&self) -> f64 {
        self.quiet().post_p50
    }

    /// Tells whether the lag grows by at most one post.
    pub(crate) fn holds(&self) -> bool {
        self.growth() <= self.post()
    }
}

impl Functions {
    async fn start(stage: &Stage, folder: &Path) -> Result<Self> {
        let environment = stage.environment();
        let start = async |function: &str, log: String| {
            Function::start_ready(&folder.join(function), &environment, &stage.log(&log)).await
        };
        let mut pushes = Vec::new();
        for number in 0..INSTANCES {
            pushes.push(start("push", format!("storm-push-{number}")).await?);
        }
        Ok(Self {
            front: Front::start(stage, folder, "storm").await?,
            worker: start("worker", "storm-worker".to_owned()).await?,
            pushes,
        })
    }

    /// Makes one run, whose name is new and that of its user, and checks it.
    async fn run(&self, stage: &Stage, cell: &Cell, events: Events, run: &str) -> Result<Measured> {
        let other = format!("{run}-other");
        if events == Events::Elsewhere {
            self.front.connect(&other, &other, &other).await?;
        }
        let prompt = self.front.prompt(stage, cell, run, run);
        let Acknowledged { event, ack } = prompt.await?;
        let (to, connection) = match events {
            Events::None => (None, String::new()),
            Events::Elsewhere => (Some(&*other), other.clone()),
            Events::Same => (Some(run), format!("{run}-0")),
        };
        let before = self.worker.cpu()?;
        let over = AtomicBool::new(false);
        let answer = async {
            let invocation = self.worker.invoke(&event).await;
            over.store(true, Ordering::Relaxed);
            invocation
        };
        let storm = async {
            match to {
                Some(user) => self.storm(user, &over).await,
                None => Ok(Vec::new()),
            }
        };
        let (invocation, pushed) = tokio::try_join!(answer, storm)?;
        let mut run = Run {
            ack: Some(ack),
            invoked: invocation.started,
            returned: invocation.ended,
            cpu: self.worker.cpu()?.saturating_sub(before),
            observed: stage.recorder.take(),
        };
        let sent: Vec<_> = pushed.iter().map(|pushed| pushed.event.clone()).collect();
        let pushes = take_pushes(&mut run.observed, &sent, &connection)?;
        let deltas = &run.observed.deltas;
        let wrote = deltas.first().copied().zip(deltas.last().copied());
        let posts = run.observed.posts.iter();
        let late = pushed.iter().map(|pushed| in_millis(pushed.late));
        Ok(Measured {
            posts: posts
                .filter_map(|post| Some(millis(post.arrived, post.answered?)))
                .collect(),
            pushes: pushes.len(),
            rate: rate(&pushes, wrote.context("the model wrote nothing")?),
            latest_push: late.fold(0.0, f64::max),
            figures: RunFigures::of(cell, Dialect::AgUi, &run)?,
        })
    }

    /// Pushes events to a user, each when it is due and a process is free, until the answer is over.
    async fn storm(&self, user: &str, over: &AtomicBool) -> Result<Vec<Pushed>> {
        let (began, next) = (Instant::now(), AtomicU32::new(0));
        let instance = async |function: &Function| {
            let mut pushed = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = began + GAP * number;
                clock::at(due).await;
                if over.load(Ordering::Relaxed) {
                    return Ok::<_, anyhow::Error>(pushed);
                }
                let event = event(user, number);
                let request = json!({ "target": { "userId": user }, "event": event });
                let invocation = function.invoke(&request).await?;
                let delivered =
                    json!({ "id": event["id"], "delivered": 1, "gone": 0, "stored": 0 });
                ensure!(
                    invocation.response == delivered,
                    "an event was not delivered: {}",
                    invocation.response
                );
                pushed.push(Pushed {
                    event,
                    late: invocation.started.saturating_duration_since(due),
                });
            }
        };
        let pushed = try_join_all(self.pushes.iter().map(instance)).await?;
        Ok(pushed.into_iter().flatten().collect())
    }
}

fn event(user: &str, number: u32) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{user}-{number}"),
        "source": "/bench",
        "type": "bench.storm",
        "data": { "number": number },
    })
}

/// Posts a second that arrived within a time.
fn rate(posts: &[Post], (from, to): (Instant, Instant)) -> f64 {
    let within = posts
        .iter()
        .filter(|post| (from..=to).contains(&post.arrived));
    count(within.count()) * 1000.0 / millis(from, to)
}

impl StormFigures {
    fn join(events: Events, runs: Vec<Measured>) -> Self {
        let posts: Vec<f64> = runs
            .iter()
            .flat_map(|run| run.posts.iter().copied())
            .collect();
        let rates: Vec<f64> = runs.iter().map(|run| run.rate).collect();
        let latest = runs.iter().map(|run| run.latest_push);
        Self {
            events,
            post_p50: percentile(&posts, 0.5),
            post_p99: percentile(&posts, 0.99),
            pushes: runs.iter().map(|run| run.pushes).sum(),
            rate: percentile(&rates, 0.5),
            latest_push: latest.fold(0.0, f64::max),
            cell: CellFigures::join(&runs.into_iter().map(|run| run.figures).collect::<Vec<_>>()),
        }
    }
}

/// Tells that the runs beside some events are done.
fn progress(figures: &StormFigures) -> Result<()> {
    writeln!(
        stderr(),
        "{STORM}, events {}: lag {:.1} ms, p99 {:.1} ms, {:.0} pushes a second",
        figures.events.name(),
        figures.cell.lag_p50,
        figures.cell.lag_p99,
        figures.rate
    )?;
    Ok(())
}
