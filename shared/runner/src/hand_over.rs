//! How a run goes from this worker to the next, when the time of this one is over.

use std::collections::BTreeMap;

use anyhow::Context as _;
use longwire_core::ids::ConnectionId;
use longwire_core::run::Cursor;
use longwire_store::error::StoreError;
use longwire_store::threads::lease::Written;
use longwire_store::threads::transition::{Cut, HandOver};

use crate::running::{Lost, Running};
use crate::supervisor::Watch;
use crate::writer::Writer;
use longwire_core::clock;

/// By when the next worker must have come, in seconds from now.
const WAKE: u64 = 60;

/// How often the row's watchers may change under our hands.
const ROUNDS: usize = 10;

/// Where connections stand.
type Places = BTreeMap<ConnectionId, Cursor>;

/// Lets go of the run, of which everything that stands is stored, and sends for the next worker. With `cut`,
/// the step under way is void and made again. A worker that dies in between leaves its own message, which
/// comes back.
pub(crate) async fn pass_on(
    running: &Running<'_>,
    writer: &Writer<'_>,
    watch: &mut Watch<'_>,
    cut: Option<Cut>,
) -> Result<(), Lost> {
    let served = silence(running, watch, cut).await?;
    let_go(running, writer, watch, &served, cut).await?;
    let sent = running.deps.queue.send(running.taken.delivery.job).await;
    sent.context("waking the next worker")
        .map_err(|error| Lost(format!("{error:#}")))
}

/// Ends this worker's posts, because the next worker may post as soon as the row says so. At a step's end
/// everybody gets everything first. Returns who stands where.
async fn silence(
    running: &Running<'_>,
    watch: &mut Watch<'_>,
    cut: Option<Cut>,
) -> Result<Places, Lost> {
    let Running {
        deps, taken, lines, ..
    } = running;
    if cut.is_none() {
        let patience = taken.time.at_most(deps.settings.patience());
        watch.while_serving(lines.drained(patience)).await;
    }
    let mut served = lines.cursors().await?;
    lines.stop().await;
    for cursor in served.values_mut() {
        cursor.after = cursor.after.min(cut.map_or(u64::MAX, |cut| cut.keep));
    }
    Ok(served)
}

async fn let_go(
    running: &Running<'_>,
    writer: &Writer<'_>,
    watch: &Watch<'_>,
    served: &Places,
    cut: Option<Cut>,
) -> Result<(), Lost> {
    let fence = &running.fence;
    for _ in 0..ROUNDS {
        let row = writer
            .patiently(async || fence.threads.run_row(&fence.key, &fence.run_id).await)
            .await?;
        let before = row.map(|row| row.subscribers).unwrap_or_default();
        let moved = HandOver {
            before: &before,
            after: &merged(&before, served, watch.noticed()),
            wake_by: clock::unix_seconds() + WAKE,
        };
        let handed = async || match fence.hand_over(moved, cut).await {
            Err(StoreError::ConditionFailed) => Ok(None),
            written => written.map(Some),
        };
        match writer.patiently(handed).await? {
            Some(Written::Done) => return Ok(()),
            Some(Written::Lost) => return Err(Lost::fenced()),
            None => {}
        }
    }
    Err(Lost("its watchers change too fast".to_owned()))
}

/// Whom this worker serves stands where it has come to. Whoever asked in the row without its notice stands
/// where it asked to; who else is only in the row has left.
fn merged(row: &Places, served: &Places, noticed: &BTreeMap<ConnectionId, u64>) -> Places {
    let unnoticed =
        |(id, cursor): &(&ConnectionId, &Cursor)| noticed.get(*id) != Some(&cursor.requested_at);
    let asked = row.iter().filter(unnoticed);
    let mut places = served.clone();
    places.extend(asked.map(|(id, cursor)| (id.clone(), *cursor)));
    places
}

#[cfg(test)]
mod tests {
    use longwire_core::shape::Shape;

    use super::*;

    fn id(name: &str) -> ConnectionId {
        ConnectionId::trusted(name)
    }

    fn at(after: u64, asked: u64) -> Cursor {
        Cursor {
            requested_at: asked,
            ..Cursor::new(after, Shape::default())
        }
    }

    #[test]
    fn everybody_stands_where_the_next_worker_must_go_on() {
        let row = [
            ("served", at(0, 0)),
            ("asked again", at(3, 900)),
            ("came just now", at(1, 950)),
            ("gone", at(2, 500)),
        ];
        let row: Places = row.map(|(name, cursor)| (id(name), cursor)).into();
        let served = [
            ("served", at(9, 0)),
            ("asked again", at(9, 0)),
            ("hinted", at(9, 0)),
        ];
        let served: Places = served.map(|(name, cursor)| (id(name), cursor)).into();
        let noticed = [("served", 0), ("asked again", 800), ("gone", 500)];
        let noticed = noticed.map(|(name, asked)| (id(name), asked)).into();
        let wanted = [
            ("served", at(9, 0)),
            ("asked again", at(3, 900)),
            ("came just now", at(1, 950)),
            ("hinted", at(9, 0)),
        ];
        let wanted: Places = wanted.map(|(name, cursor)| (id(name), cursor)).into();
        assert_eq!(merged(&row, &served, &noticed), wanted);
    }
}
