//! Regression check: the product against the control that posts every delta, by ratios. No figure is compared with a time,
//! so the check holds on a machine of any speed.

use anyhow::{Context as _, Result, ensure};

use crate::bench::{PER_DELTA, stage};
use crate::cell::Cell;
use crate::figures::{CellFigures, RunFigures};
use crate::options::Options;
use crate::sender::{Product, Sender};
use crate::stage::Stage;

/// Cell that is compared: a model that is too fast for one post per delta.
const CELL: &str = "d25-r200";

/// Runs of the product; the control has one, which is much longer.
const RUNS: usize = 3;

/// Least ratio of the control's median lag to the product's. It is about 70 on a machine that does nothing else.
const LAG: f64 = 10.0;

/// Least ratio of the control's posts to the product's. It is about 6.
const POSTS: f64 = 4.0;

/// Compares the product with the control.
pub(crate) async fn run(options: &Options) -> Result<String> {
    let stage = stage(options)?;
    let folder = &options.functions;
    let cell = Cell::all().into_iter().find(|cell| cell.name == CELL);
    let cell = cell.context("the cell exists")?;
    let product = Sender::product(&stage, folder, Product::Default).await?;
    let control = Sender::single(&stage, PER_DELTA.to_owned(), &folder.join(PER_DELTA)).await?;
    let product = measured(&stage, &cell, product, RUNS).await?;
    let control = measured(&stage, &cell, control, 1).await?;
    let posts = |figures: &CellFigures| figures.medians.posts.context("no posts were counted");
    let ratios = [
        ("lag p50", control.lag_p50 / product.lag_p50, LAG),
        ("posts", posts(&control)? / posts(&product)?, POSTS),
    ];
    for (name, ratio, least) in ratios {
        ensure!(
            ratio >= least,
            "{name}: the ratio to the control is {ratio:.1}, it must be at least {least}"
        );
    }
    let [lag, posts] = ratios.map(|(name, ratio, _)| format!("{name} {ratio:.1}"));
    Ok(format!("{CELL}, ratio to the control: {lag}, {posts}\n"))
}

async fn measured(
    stage: &Stage,
    cell: &Cell,
    mut sender: Sender,
    runs: usize,
) -> Result<CellFigures> {
    let mut all = Vec::new();
    for _ in 0..runs {
        let run = sender.run(stage, cell).await?;
        all.push(RunFigures::of(cell, sender.dialect, &run)?);
    }
    Ok(CellFigures::join(&all))
}
