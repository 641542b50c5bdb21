//! Polls the run's control row.

use std::collections::BTreeSet;

use futures::stream::{Stream, unfold};
use longwire_core::ids::ConnectionId;
use longwire_store::error::StoreError;
use longwire_store::threads::control::ControlRead;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::attempt::Attempt;

/// Connections per read: BatchGetItem takes 100 keys, and two are those of the run and its thread.
const MAX_CONNECTIONS: usize = 98;

/// Result of one read, with the connections whose rows it polled for.
#[derive(Debug)]
pub(crate) struct Observation {
    /// Connections whose rows were polled for.
    pub polled: BTreeSet<ConnectionId>,
    /// Result of the read.
    pub read: ControlRead,
}

impl Attempt<'_> {
    /// Reads the run's row and the rows of its subscribers, at each poll interval. A failed read is skipped: the
    /// lease, which the writer renews, decides whether the run is still this worker's.
    pub(crate) fn control_poll(
        &self,
        subscribers: watch::Receiver<BTreeSet<ConnectionId>>,
    ) -> impl Stream<Item = Observation> {
        let mut ticks = interval(self.runner.settings.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        unfold(
            (ticks, subscribers),
            move |(mut ticks, subscribers)| async move {
                let observation = self.next_observation(&mut ticks, &subscribers).await;
                Some((observation, (ticks, subscribers)))
            },
        )
    }

    /// Reads the run's row and the rows of `polled` once.
    pub async fn read_control(&self, polled: &[ConnectionId]) -> Result<ControlRead, StoreError> {
        let lease = &self.lease;
        let connections = self.runner.connections.table();
        let read = lease.threads.control_read(
            &lease.key,
            &lease.run_id,
            connections,
            polled,
            self.runner.now(),
        );
        read.await
    }

    async fn next_observation(
        &self,
        ticks: &mut Interval,
        subscribers: &watch::Receiver<BTreeSet<ConnectionId>>,
    ) -> Observation {
        loop {
            ticks.tick().await;
            let polled = subscribers.borrow().clone();
            if let Some(observation) = self.observe_once(&polled).await {
                return observation;
            }
        }
    }

    /// Reads the run's row and the rows of `subscribers` once; `None` when the read fails, which is logged.
    pub(crate) async fn observe_once(
        &self,
        subscribers: &BTreeSet<ConnectionId>,
    ) -> Option<Observation> {
        let polled: Vec<_> = subscribers.iter().take(MAX_CONNECTIONS).cloned().collect();
        let limit = self.runner.settings.poll * 4;
        let error = match timeout(limit, self.read_control(&polled)).await {
            Ok(Ok(read)) => {
                let polled = polled.into_iter().collect();
                return Some(Observation { polled, read });
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {limit:?}"),
        };
        tracing::warn!(
            event = "control_poll_failed",
            error,
            "a control read failed"
        );
        None
    }
}
