//! Plot of one run: the lag of each delta over time, and the posts as ticks.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::{
    BLACK, BLUE, ChartBuilder, Circle, Color as _, IntoDrawingArea as _, PathElement, RED,
    SVGBackend, WHITE,
};

use crate::figures::{RunFigures, percentile};

const SIZE: (u32, u32) = (900, 360);

/// Draws a run to a file.
pub(crate) fn draw(run: &RunFigures, title: &str, file: &Path) -> Result<()> {
    let drawn = drawn(run, title, file);
    drawn.map_err(|error| anyhow!("drawing {}: {error}", file.display()))
}

fn drawn(run: &RunFigures, title: &str, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let timeline = &run.timeline;
    let end = timeline.deltas.last().map_or(1.0, |(at, lag)| at + lag);
    let lags: Vec<f64> = timeline.deltas.iter().map(|(_, lag)| *lag).collect();
    let most = percentile(&lags, 1.0).max(1.0) * 1.1;
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..end, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(BLACK.mix(0.05))
        .x_desc("ms after the first delta; a red tick is a post")
        .y_desc("lag of a delta, ms")
        .draw()?;
    let points = timeline.deltas.iter();
    chart.draw_series(points.map(|point| Circle::new(*point, 2, BLUE.filled())))?;
    let ticks = timeline.posts.iter();
    chart
        .draw_series(ticks.map(|at| PathElement::new(vec![(*at, 0.0), (*at, most * 0.04)], RED)))?;
    root.present()?;
    Ok(())
}
