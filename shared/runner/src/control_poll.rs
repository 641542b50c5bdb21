//! The control read, again and again.

use std::collections::BTreeSet;

use futures::stream::{Stream, unfold};
use longwire_core::ids::ConnectionId;
use longwire_store::threads::control::ControlRead;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::running::Running;

/// What each control read found, with the connections it asked for. A read that fails says nothing: the
/// lease, which the writer keeps, decides whether the run is still ours.
pub(crate) fn controls<'a>(
    running: &'a Running<'_>,
    attached: watch::Receiver<BTreeSet<ConnectionId>>,
) -> impl Stream<Item = (BTreeSet<ConnectionId>, ControlRead)> + 'a {
    let mut ticks = interval(running.deps.settings.poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    unfold((ticks, attached), move |(mut ticks, attached)| async move {
        let found = next(running, &mut ticks, &attached).await;
        Some((found, (ticks, attached)))
    })
}

async fn next(
    running: &Running<'_>,
    ticks: &mut Interval,
    attached: &watch::Receiver<BTreeSet<ConnectionId>>,
) -> (BTreeSet<ConnectionId>, ControlRead) {
    let Running { deps, fence, .. } = running;
    loop {
        ticks.tick().await;
        let ids = attached.borrow().clone();
        let asked: Vec<ConnectionId> = ids.iter().take(MOST).cloned().collect();
        let read =
            fence
                .threads
                .control_read(&fence.key, &fence.run_id, deps.connections.table(), &asked);
        match timeout(deps.settings.poll * 4, read).await {
            Ok(Ok(control)) => return (asked.into_iter().collect(), control),
            Ok(Err(fault)) => tracing::warn!(%fault, "a control read failed"),
            Err(_) => tracing::warn!("a control read took too long"),
        }
    }
}

/// BatchGetItem takes 100 keys; one is the run's.
const MOST: usize = 99;
