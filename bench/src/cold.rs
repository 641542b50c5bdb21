//! Cold starts: what a process costs before and in its first run, at a full core and at Lambda's share of one.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::authorizer::AUTHORIZER;
use crate::cell::Cell;
use crate::events::NOBODY;
use crate::figures::{in_millis, millis, percentile};
use crate::function::{Environment, Function};
use crate::gate::received;
use crate::handshake::{Clients, Kind};
use crate::quota::Quota;
use crate::sender::{Acknowledged, Dialect, Front};
use crate::stage::Stage;

/// Functions whose start is measured.
const FUNCTIONS: [&str; 11] = [
    AUTHORIZER,
    "connect",
    "disconnect",
    "ingest",
    "worker",
    "replay",
    "push",
    "sweep",
    "erase",
    "notify",
    "ticket",
];

/// Memory of the functions, in MB; `None` for a full core.
const MEMORY: [Option<u32>; 3] = [None, Some(512), Some(256)];

/// Cell of the first run.
const CELL: &str = "d25-r45";

/// Figures of cold starts. Times are medians in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColdStart {
    /// Function, or the run or handshake in which it is cold.
    pub(crate) what: String,
    /// Memory that decides the share of a core, in MB; `None` for a full core.
    pub(crate) memory: Option<u32>,
    /// Number of starts.
    pub(crate) starts: usize,
    /// Time from exec to the first request for an event, with all clients built and, except in `notify`, connected.
    pub(crate) to_next: f64,
    /// Time from the event to the arrival of the post with the first text, without the model's time to its first delta.
    pub(crate) first_text: Option<f64>,
    /// Time from the event of a handshake to the response, without that of the table.
    pub(crate) first_response: Option<f64>,
    /// Largest resident memory at the end, in bytes.
    pub(crate) peak_memory: u64,
}

/// Measures the starts of all functions, first runs of the worker, and first handshakes of the authorizer.
pub(crate) async fn measure(stage: &Stage, folder: &Path, starts: usize) -> Result<Vec<ColdStart>> {
    let mut all = Vec::new();
    for function in FUNCTIONS {
        all.push(start(stage, folder, function, starts).await?);
    }
    let cell = Cell::all().into_iter().find(|cell| cell.name == CELL);
    let cell = cell.context("the cell exists")?;
    let front = Front::start(stage, folder, "cold").await?;
    for memory in MEMORY {
        all.push(first_run(stage, folder, &front, &cell, memory, starts).await?);
    }
    let clients = Clients::start(stage, folder).await?;
    for memory in MEMORY {
        all.push(first_handshake(stage, folder, &clients, memory, starts).await?);
    }
    Ok(all)
}

async fn start(stage: &Stage, folder: &Path, name: &str, starts: usize) -> Result<ColdStart> {
    let (mut times, mut peak_memory) = (Vec::new(), 0);
    for _ in 0..starts {
        let (mut function, _) = exec(stage, folder, name, &stage.environment(), None)?;
        let ready = function.ready().await?;
        times.push(millis(function.started(), ready));
        peak_memory = peak_memory.max(function.peak_memory()?);
    }
    Ok(ColdStart {
        what: name.to_owned(),
        memory: None,
        starts,
        to_next: percentile(&times, 0.5),
        first_text: None,
        first_response: None,
        peak_memory,
    })
}

/// Measures runs whose worker is started for the run, so that nothing of it is warm.
async fn first_run(
    stage: &Stage,
    folder: &Path,
    front: &Front,
    cell: &Cell,
    memory: Option<u32>,
    starts: usize,
) -> Result<ColdStart> {
    let (mut to_next, mut first_text, mut peak_memory) = (Vec::new(), Vec::new(), 0);
    for number in 0..starts {
        let run = format!("bench-cold-{}-{number}", memory.unwrap_or_default());
        let Acknowledged { event, .. } = front.prompt(stage, cell, &run, NOBODY).await?;
        let environment = stage.environment();
        let (mut worker, _quota) = exec(stage, folder, "worker", &environment, memory)?;
        to_next.push(millis(worker.started(), worker.ready().await?));
        let invocation = worker.invoke(&event).await?;
        let observed = stage.recorder.take();
        let received = received(cell, Dialect::AgUi, &observed)?;
        let first: Option<Instant> = received[0].first_arrived;
        let waited = first.context("no text arrived")? - invocation.started;
        let model: Duration = cell.replies[0].first;
        first_text.push(in_millis(waited.saturating_sub(model)));
        peak_memory = peak_memory.max(worker.peak_memory()?);
    }
    Ok(ColdStart {
        what: "worker, first run".to_owned(),
        memory,
        starts,
        to_next: percentile(&to_next, 0.5),
        first_text: Some(percentile(&first_text, 0.5)),
        first_response: None,
        peak_memory,
    })
}

/// Measures handshakes whose authorizer is started for the handshake. It reads the issuer's keys before it asks for an event.
async fn first_handshake(
    stage: &Stage,
    folder: &Path,
    clients: &Clients<'_>,
    memory: Option<u32>,
    starts: usize,
) -> Result<ColdStart> {
    let (mut to_next, mut response, mut peak_memory) = (Vec::new(), Vec::new(), 0);
    let environment = stage.environment_with_users();
    for number in 0..starts {
        let user = format!("cold-{}-{number}", memory.unwrap_or_default());
        let handshake = clients.handshake(Kind::Rs256, &user).await?;
        let (mut authorizer, _quota) = exec(stage, folder, AUTHORIZER, &environment, memory)?;
        to_next.push(millis(authorizer.started(), authorizer.ready().await?));
        let authorized = clients.authorize(&authorizer, &handshake).await?;
        response.push(in_millis(authorized.own()));
        peak_memory = peak_memory.max(authorizer.peak_memory()?);
    }
    Ok(ColdStart {
        what: format!("{AUTHORIZER}, first handshake"),
        memory,
        starts,
        to_next: percentile(&to_next, 0.5),
        first_text: None,
        first_response: Some(percentile(&response, 0.5)),
        peak_memory,
    })
}

fn exec(
    stage: &Stage,
    folder: &Path,
    name: &str,
    environment: &Environment,
    memory: Option<u32>,
) -> Result<(Function, Option<Quota>)> {
    let log = stage.log(&format!("cold-{name}"));
    let function = Function::start(&folder.join(name), environment, &log)?;
    let pid = function.pid()?;
    Ok((function, memory.map(|memory| Quota::start(pid, memory))))
}
