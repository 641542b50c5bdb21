//! Report as JSON.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::authorizer::HandshakeFigures;
use crate::cold::ColdStart;
use crate::figures::CellFigures;
use crate::report::conditions::Conditions;
use crate::storm::Storm;

/// All figures of a bench.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) conditions: Conditions,
    pub(crate) cells: Vec<Row>,
    pub(crate) senders: Vec<Memory>,
    pub(crate) storm: Option<Storm>,
    pub(crate) handshakes: Vec<HandshakeFigures>,
    pub(crate) cold_starts: Vec<ColdStart>,
}

/// Figures of one sender in one cell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) cell: &'static str,
    pub(crate) sender: String,
    #[serde(flatten)]
    pub(crate) figures: CellFigures,
}

/// Memory of a sender after all cells, in bytes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
    pub(crate) sender: String,
    /// Of the function that calls the model.
    pub(crate) peak: u64,
    /// Of the function that takes messages.
    pub(crate) peak_of_ingest: Option<u64>,
}

/// Writes the report to a folder.
pub(crate) fn write(report: &Report, folder: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    fs::write(folder.join("figures.json"), text).context("writing the figures")
}
