//! The bench: measures all senders in all cells.

use std::fs;
use std::io::{Write as _, stderr};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::authorizer::{self, AUTHORIZER};
use crate::cell::Cell;
use crate::cold;
use crate::figures::{CellFigures, RunFigures};
use crate::options::Options;
use crate::report::conditions::Conditions;
use crate::report::json::{self, Memory, Report, Row};
use crate::report::{markdown, plot};
use crate::sender::{Product, Sender};
use crate::stage::Stage;
use crate::storm::{self, STORM};

/// Control that posts every delta by itself.
pub(crate) const PER_DELTA: &str = "per-delta";

/// Starts of a function when cold starts are measured.
const STARTS: usize = 20;

/// Starts in a quick bench.
const QUICK_STARTS: usize = 5;

/// Handshakes with each kind of credential.
const HANDSHAKES: usize = 2000;

/// Handshakes in a quick bench.
const QUICK_HANDSHAKES: usize = 500;

/// Measures what the options ask for, writes the reports and returns the tables. After a failure the reports have what was
/// measured before.
pub(crate) async fn run(options: &Options) -> Result<String> {
    let mut report = Report {
        conditions: Conditions::read(options)?,
        cells: Vec::new(),
        senders: Vec::new(),
        storm: None,
        handshakes: Vec::new(),
        cold_starts: Vec::new(),
    };
    let stage = stage(options)?;
    let measured = fill(&mut report, &stage, options).await;
    json::write(&report, &options.out)?;
    let tables = markdown::tables(&report);
    fs::write(options.out.join("figures.md"), &tables).context("writing the tables")?;
    measured.map(|()| tables)
}

async fn fill(report: &mut Report, stage: &Stage, options: &Options) -> Result<()> {
    let cells = cells(options)?;
    if !cells.is_empty() {
        fill_cells(report, stage, &cells, options).await?;
    }
    if options.names(STORM) && !options.is_short() {
        let frame = Duration::from_millis(options.frame);
        report.storm = Some(storm::measure(stage, options, frame).await?);
    }
    if options.names(AUTHORIZER) {
        let handshakes = if options.quick {
            QUICK_HANDSHAKES
        } else {
            HANDSHAKES
        };
        report.handshakes = authorizer::measure(stage, &options.functions, handshakes).await?;
    }
    if !options.warm_only {
        let starts = if options.quick { QUICK_STARTS } else { STARTS };
        report.cold_starts = cold::measure(stage, &options.functions, starts).await?;
    }
    Ok(())
}

async fn fill_cells(
    report: &mut Report,
    stage: &Stage,
    cells: &[Cell],
    options: &Options,
) -> Result<()> {
    let mut senders = senders(stage, options).await?;
    for cell in cells {
        let rows = measure(stage, cell, &mut senders, options).await?;
        report.cells.extend(rows);
    }
    report.senders = senders.iter().map(memory).collect::<Result<_>>()?;
    Ok(())
}

/// Starts the fakes.
pub(crate) fn stage(options: &Options) -> Result<Stage> {
    let storage = Duration::from_millis(options.storage);
    Stage::start(&options.out, options.http, storage)
}

fn cells(options: &Options) -> Result<Vec<Cell>> {
    let mut cells = Cell::all();
    for name in &options.cells {
        ensure!(
            [AUTHORIZER, STORM].contains(&name.as_str())
                || cells.iter().any(|cell| cell.name == name),
            "there is no cell {name}"
        );
    }
    cells.retain(|cell| options.names(cell.name) && (cell.quick || !options.is_short()));
    Ok(cells)
}

/// Starts the product first, then the controls, then the peers.
async fn senders(stage: &Stage, options: &Options) -> Result<Vec<Sender>> {
    let folder = &options.functions;
    let mut senders = vec![
        Sender::product(stage, folder, Product::Default).await?,
        Sender::product(stage, folder, Product::WithoutCoalescing).await?,
        Sender::single(stage, PER_DELTA.to_owned(), &folder.join(PER_DELTA)).await?,
    ];
    for peer in &options.peers {
        senders.push(Sender::peer(stage, peer).await?);
    }
    Ok(senders)
}

/// Measures a cell. The order of the senders is reversed after each round, so that a drift of the machine's speed does not
/// favour one of them. The first run of a sender, and one after a pause, warms it up and does not count.
async fn measure(
    stage: &Stage,
    cell: &Cell,
    senders: &mut [Sender],
    options: &Options,
) -> Result<Vec<Row>> {
    let mut runs: Vec<Vec<RunFigures>> = senders.iter().map(|_| Vec::new()).collect();
    for round in 1..=options.runs() {
        let mut order: Vec<usize> = (0..senders.len()).collect();
        if round % 2 == 0 {
            order.reverse();
        }
        for index in order {
            let sender = &mut senders[index];
            let measured = index == 0
                || (cell.controlled && sender.takes(cell) && options.others_run_in(round));
            if !measured {
                continue;
            }
            if runs[index].is_empty() || sender.is_cold() {
                counted(stage, cell, sender).await?;
            }
            runs[index].push(counted(stage, cell, sender).await?);
        }
    }
    let mut rows = Vec::new();
    for (sender, runs) in senders.iter().zip(&runs) {
        let Some(last) = runs.last() else {
            continue;
        };
        let title = format!("{}, {}", cell.name, sender.name);
        let file = options
            .out
            .join(format!("{}-{}.svg", cell.name, sender.name));
        plot::draw(last, &title, &file)?;
        let figures = CellFigures::join(runs);
        progress(cell, sender, &figures)?;
        rows.push(Row {
            cell: cell.name,
            sender: sender.name.clone(),
            figures,
        });
    }
    Ok(rows)
}

/// Makes a run and takes its figures, which fails unless the run was right.
async fn counted(stage: &Stage, cell: &Cell, sender: &mut Sender) -> Result<RunFigures> {
    let run = sender.run(stage, cell).await;
    let figures = run.and_then(|run| RunFigures::of(cell, sender.dialect, &run));
    figures.with_context(|| format!("{} in cell {}", sender.name, cell.name))
}

fn memory(sender: &Sender) -> Result<Memory> {
    let (peak, peak_of_ingest) = sender.peak_memory()?;
    Ok(Memory {
        sender: sender.name.clone(),
        peak,
        peak_of_ingest,
    })
}

/// Tells that a cell is done.
fn progress(cell: &Cell, sender: &Sender, figures: &CellFigures) -> Result<()> {
    let CellFigures {
        lag_p50, lag_p99, ..
    } = figures;
    let posts = figures.medians.posts.unwrap_or_default();
    writeln!(
        stderr(),
        "{} {}: lag {lag_p50:.1} ms, p99 {lag_p99:.1} ms, {posts:.0} posts",
        cell.name,
        sender.name
    )?;
    Ok(())
}
