//! Command line.

use std::path::PathBuf;

use clap::Parser;

use crate::fakes::server::Http;

/// Measures the functions against fakes of AWS that share one clock.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Folder of the functions and of the control `per-delta`.
    #[arg(long, default_value = "target/release")]
    pub(crate) functions: PathBuf,
    /// Folder of the results.
    #[arg(long, default_value = ".longwire/bench")]
    pub(crate) out: PathBuf,
    /// Few runs of the most telling cells, in less than five minutes.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Runs of a cell; controls and peers have a third of them. Default: 30, or 3 when quick.
    #[arg(long)]
    pub(crate) runs: Option<usize>,
    /// Cells to measure, `storm-100` for answers beside which events are pushed, or `authorizer` for its handshakes; all unless
    /// given.
    #[arg(long = "cell")]
    pub(crate) cells: Vec<String>,
    /// Leaves out the cold starts.
    #[arg(long)]
    pub(crate) warm_only: bool,
    /// Another function to measure in the same cells, which answers a WebSocket message by itself.
    #[arg(long = "peer")]
    pub(crate) peers: Vec<PathBuf>,
    /// HTTP version of `@connections`.
    #[arg(long, value_enum, default_value_t = Http::H1)]
    pub(crate) http: Http,
    /// Milliseconds of a round trip to tables and queues.
    #[arg(long, default_value_t = 4)]
    pub(crate) storage: u64,
    /// Milliseconds for which a connection takes one frame, and no other one, in `storm-100`.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=12))]
    pub(crate) frame: u64,
    /// Compares the product with the control `per-delta` in one cell and fails when it is not clearly better.
    #[arg(long)]
    pub(crate) regression: bool,
}

impl Options {
    /// Runs of a cell by the product.
    pub(crate) fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.quick { 3 } else { 30 }).max(1)
    }

    /// Tells whether only the most telling cells are measured.
    pub(crate) fn is_short(&self) -> bool {
        self.quick && self.cells.is_empty()
    }

    /// Tells whether a cell, `storm-100` or `authorizer` is to be measured, as far as `--cell` decides it.
    pub(crate) fn names(&self, cell: &str) -> bool {
        self.cells.is_empty() || self.cells.iter().any(|name| name == cell)
    }

    /// Tells whether controls and peers run in this round, counted from 1: in every third one, and at least once.
    pub(crate) fn others_run_in(&self, round: usize) -> bool {
        round.is_multiple_of(self.runs().min(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_measured_unless_cells_are_named() {
        let all = Options::parse_from(["bench"]);
        assert!(all.names("gone") && all.names("authorizer"));
        assert!(!all.is_short() && Options::parse_from(["bench", "--quick"]).is_short());
        let one = Options::parse_from(["bench", "--cell", "gone"]);
        assert!(one.names("gone") && !one.names("authorizer"));
    }
}
