//! Report as tables in Markdown.

use crate::authorizer::HandshakeFigures;
use crate::cold::ColdStart;
use crate::report::json::{Memory, Report, Row};
use crate::storm::{Storm, StormFigures};

const CELLS: &str = "\
| cell | sender | runs | lag p50 | lag p99 | tail | RUN_FINISHED | posts | first post | to storage | to model | ack | added | CPU/1,000 | stop | late |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

const COLD: &str = "\
| cold start | memory | starts | exec → /next | event → first text, without T0 | event → response, without storage | peak memory |
| --- | --- | --- | --- | --- | --- | --- |";

const HANDSHAKES: &str = "\
| credential | handshakes | response p50 | response p99 | storage requests | storage p50 | own work p50 | own work p99 |
| --- | --- | --- | --- | --- | --- | --- | --- |";

const STORM: &str = "\
| cell | events | runs | lag p50 | lag p99 | growth of p99 | RUN_FINISHED | posts | post p50 | post p99 | pushes | pushes/s | latest push | CPU/1,000 | late |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

const MEMORY: &str = "\
| sender | peak memory | of ingest |
| --- | --- | --- |";

/// Tables of a report, after its conditions. Times are in milliseconds.
pub(crate) fn tables(report: &Report) -> String {
    let mut lines = vec![report.conditions.sentence()];
    if !report.cells.is_empty() {
        lines.extend([String::new(), CELLS.to_owned()]);
        lines.extend(report.cells.iter().map(row));
        lines.extend([String::new(), MEMORY.to_owned()]);
        lines.extend(report.senders.iter().map(memory));
    }
    if let Some(figures) = &report.storm {
        lines.extend([String::new(), storm(figures)]);
        lines.extend([String::new(), STORM.to_owned()]);
        lines.extend(figures.events.iter().map(|events| beside(figures, events)));
    }
    if !report.handshakes.is_empty() {
        lines.extend([String::new(), HANDSHAKES.to_owned()]);
        lines.extend(report.handshakes.iter().map(handshakes));
    }
    if !report.cold_starts.is_empty() {
        lines.extend([String::new(), COLD.to_owned()]);
        lines.extend(report.cold_starts.iter().map(cold));
    }
    lines.join("\n") + "\n"
}

fn row(row: &Row) -> String {
    let figures = &row.figures;
    let medians = &figures.medians;
    let cells = [
        row.cell.to_owned(),
        row.sender.clone(),
        figures.runs.to_string(),
        number(figures.lag_p50),
        number(figures.lag_p99),
        optional(medians.tail),
        optional(medians.finish),
        medians
            .posts
            .map_or_else(dash, |posts| format!("{posts:.0}")),
        optional(medians.first),
        optional(medians.to_storage),
        optional(medians.to_model),
        optional(medians.ack),
        optional(medians.added),
        optional(medians.cpu_per_1000_deltas),
        optional(medians.stop),
        number(figures.late),
    ];
    line(&cells)
}

fn memory(memory: &Memory) -> String {
    let of_ingest = memory.peak_of_ingest.map_or_else(dash, mebibytes);
    line(&[memory.sender.clone(), mebibytes(memory.peak), of_ingest])
}

fn storm(storm: &Storm) -> String {
    let verdict = if storm.holds() {
        "at most"
    } else {
        "more than"
    };
    format!(
        "{}: a connection takes one frame at a time, each for {} ms (assumed). The p99 of the lag grows by {} ms beside events to \
         the same connection: {verdict} one post, {} ms.",
        storm.cell,
        storm.frame,
        number(storm.growth()),
        number(storm.post())
    )
}

fn beside(storm: &Storm, figures: &StormFigures) -> String {
    let medians = &figures.cell.medians;
    let pushed = |value: f64| {
        if figures.pushes == 0 {
            dash()
        } else {
            number(value)
        }
    };
    line(&[
        storm.cell.to_owned(),
        figures.events.name().to_owned(),
        figures.cell.runs.to_string(),
        number(figures.cell.lag_p50),
        number(figures.cell.lag_p99),
        pushed(figures.cell.lag_p99 - storm.quiet().cell.lag_p99),
        optional(medians.finish),
        medians
            .posts
            .map_or_else(dash, |posts| format!("{posts:.0}")),
        number(figures.post_p50),
        number(figures.post_p99),
        figures.pushes.to_string(),
        pushed(figures.rate),
        pushed(figures.latest_push),
        optional(medians.cpu_per_1000_deltas),
        number(figures.cell.late),
    ])
}

fn handshakes(figures: &HandshakeFigures) -> String {
    line(&[
        figures.credential.to_owned(),
        figures.handshakes.to_string(),
        number(figures.response_p50),
        number(figures.response_p99),
        format!("{:.0}", figures.storage_requests),
        number(figures.storage_p50),
        number(figures.own_p50),
        number(figures.own_p99),
    ])
}

fn cold(cold: &ColdStart) -> String {
    let memory = cold.memory.map(|memory| format!("{memory} MB"));
    line(&[
        cold.what.clone(),
        memory.unwrap_or_else(|| "a full core".to_owned()),
        cold.starts.to_string(),
        number(cold.to_next),
        optional(cold.first_text),
        optional(cold.first_response),
        mebibytes(cold.peak_memory),
    ])
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// A time with as many digits as the bench can tell apart.
fn number(value: f64) -> String {
    if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(dash, number)
}

fn mebibytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    format!("{mebibytes:.1} MiB")
}

fn dash() -> String {
    "–".to_owned()
}
