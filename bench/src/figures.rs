//! Figures of a cell.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::cell::Cell;
use crate::gate::received;
use crate::sender::{Dialect, Run};

/// Figures that a run has and a cell has the medians of. Times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    /// Time from the last delta to the answer of the post with its text.
    pub(crate) tail: Option<f64>,
    /// Time from the last delta to the answer of the post with the terminal event.
    pub(crate) finish: Option<f64>,
    /// Posts to one connection, repetitions included.
    pub(crate) posts: Option<f64>,
    /// Time from the first delta to the arrival of its post.
    pub(crate) first: Option<f64>,
    /// Time from the event to the first request at the tables.
    pub(crate) to_storage: Option<f64>,
    /// Time from the event to the request at the model.
    pub(crate) to_model: Option<f64>,
    /// Time from the message's event to its acknowledgement.
    pub(crate) ack: Option<f64>,
    /// Time of the invocation beyond that of the model; `None` when the run was cut short.
    pub(crate) added: Option<f64>,
    /// CPU time for a thousand deltas.
    pub(crate) cpu_per_1000_deltas: Option<f64>,
    /// Time from the answer 410 to the end of the model's stream.
    pub(crate) stop: Option<f64>,
    /// Requests to the tables.
    pub(crate) storage_requests: Option<f64>,
}

/// Figures of one run.
#[derive(Debug, Clone)]
pub(crate) struct RunFigures {
    /// For each delta and connection the time from the model's write to the answer of the post that completed it, in
    /// milliseconds.
    lags: Vec<f64>,
    /// Time by which the latest delta was later than its trace says, in milliseconds.
    late: f64,
    figures: Figures,
    /// Times for the plot of one connection.
    pub(crate) timeline: Timeline,
}

/// Figures of all runs of a cell by one sender. Times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CellFigures {
    /// Number of runs.
    pub(crate) runs: usize,
    /// Median lag over all deltas of all runs.
    pub(crate) lag_p50: f64,
    /// 99th percentile of the same.
    pub(crate) lag_p99: f64,
    /// Medians over the runs.
    #[serde(flatten)]
    pub(crate) medians: Figures,
    /// Latest delta of all runs, compared with its trace: what the fakes themselves add.
    pub(crate) late: f64,
}

/// Times after the first delta, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    /// Each delta with its lag.
    pub(crate) deltas: Vec<(f64, f64)>,
    /// Arrivals of posts.
    pub(crate) posts: Vec<f64>,
}

impl RunFigures {
    /// Checks a run and takes its figures.
    pub(crate) fn of(cell: &Cell, dialect: Dialect, run: &Run) -> Result<Self> {
        let observed = &run.observed;
        let received = received(cell, dialect, observed)?;
        let deltas = &observed.deltas;
        let lags = received.iter().flat_map(|received| {
            let pairs = received.answered.iter().zip(deltas);
            pairs.map(|(answered, written)| millis(*written, *answered))
        });
        let lags = lags.collect();
        let last = deltas.last();
        let whole = last.filter(|_| !cell.cut_short());
        let after_last = |at: Option<Instant>| Some(millis(*whole?, at?));
        let worst = |times: Vec<Option<Instant>>| times.into_iter().flatten().max();
        let tails = received
            .iter()
            .map(|received| received.answered.last().copied());
        let ends = received.iter().map(|received| received.finished);
        let first = received
            .iter()
            .filter_map(|received| received.first_arrived);
        let to_model = observed.model_requests.first();
        let to_model = to_model.context("the model was not called")?;
        let first_storage = observed.storage_requests.first();
        let gone = observed.posts.iter().find(|post| post.status == 410);
        let gone = gone.and_then(|post| post.answered);
        let beyond_model = (run.returned - run.invoked).saturating_sub(cell.model_time());
        let figures = Figures {
            tail: after_last(worst(tails.collect())),
            finish: after_last(worst(ends.collect())),
            posts: Some(count(observed.posts.len()) / count(cell.subscribers)),
            first: first
                .min()
                .zip(deltas.first())
                .map(|(at, delta)| millis(*delta, at)),
            to_storage: first_storage.map(|at| millis(run.invoked, *at)),
            to_model: Some(millis(run.invoked, *to_model)),
            ack: run.ack.map(in_millis),
            added: (!cell.cut_short()).then(|| in_millis(beyond_model)),
            cpu_per_1000_deltas: Some(in_millis(run.cpu) * 1000.0 / count(deltas.len())),
            stop: gone
                .zip(observed.model_ended)
                .map(|(gone, ended)| millis(gone, ended)),
            storage_requests: Some(count(observed.storage_requests.len())),
        };
        Ok(Self {
            lags,
            late: observed.late.iter().max().copied().map_or(0.0, in_millis),
            figures,
            timeline: timeline(run, &received[0].answered),
        })
    }
}

fn timeline(run: &Run, answered: &[Instant]) -> Timeline {
    let observed = &run.observed;
    let Some(start) = observed.deltas.first() else {
        return Timeline::default();
    };
    let pairs = observed.deltas.iter().zip(answered);
    let posts = observed.posts.iter();
    Timeline {
        deltas: pairs
            .map(|(written, answered)| (millis(*start, *written), millis(*written, *answered)))
            .collect(),
        posts: posts
            .filter(|post| post.connection.ends_with("-0"))
            .map(|post| millis(*start, post.arrived))
            .collect(),
    }
}

impl CellFigures {
    /// Joins the figures of all runs of a cell.
    pub(crate) fn join(runs: &[RunFigures]) -> Self {
        let lags: Vec<f64> = runs
            .iter()
            .flat_map(|run| run.lags.iter().copied())
            .collect();
        let late: Vec<f64> = runs.iter().map(|run| run.late).collect();
        let median = |figure: fn(&Figures) -> Option<f64>| {
            let known: Vec<f64> = runs.iter().filter_map(|run| figure(&run.figures)).collect();
            (!known.is_empty()).then(|| percentile(&known, 0.5))
        };
        Self {
            runs: runs.len(),
            lag_p50: percentile(&lags, 0.5),
            lag_p99: percentile(&lags, 0.99),
            medians: Figures {
                tail: median(|run| run.tail),
                finish: median(|run| run.finish),
                posts: median(|run| run.posts),
                first: median(|run| run.first),
                to_storage: median(|run| run.to_storage),
                to_model: median(|run| run.to_model),
                ack: median(|run| run.ack),
                added: median(|run| run.added),
                cpu_per_1000_deltas: median(|run| run.cpu_per_1000_deltas),
                stop: median(|run| run.stop),
                storage_requests: median(|run| run.storage_requests),
            },
            late: percentile(&late, 1.0),
        }
    }
}

/// Smallest value that is not exceeded by this share of all; 0 for none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the product of a length and a share is a small positive number"
    )]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
}

/// Number as a figure.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run has thousands of anything at most"
)]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// Milliseconds between two stamps; negative when the second one is earlier.
pub(crate) fn millis(from: Instant, to: Instant) -> f64 {
    match to.checked_duration_since(from) {
        Some(time) => in_millis(time),
        None => -in_millis(from - to),
    }
}

/// Duration in milliseconds.
pub(crate) fn in_millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values = [3.0, 1.0, 2.0, 4.0];
        assert_eq!(
            [0.5, 0.99, 0.0].map(|share| percentile(&values, share)),
            [2.0, 4.0, 1.0]
        );
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
