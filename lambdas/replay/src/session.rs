//! Session: what one invocation does for one connection.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use longwire_core::connection_job::ConnectionJob;
use longwire_core::ids::ConnectionId;
use longwire_queue::received::ReceivedMessage;
use longwire_store::connections::replay_lease::{Released, ReplayClaim};
use longwire_store::connections::replays::ReplayRow;
use longwire_store::error::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::deps::Deps;
use crate::lease::{LEASE, renewal_due};
use crate::replay::{REPLAY_TIMEOUT, Replayed};

/// Time after the lease of another invocation at which its connection is looked at again.
const AFTER_LEASE: Duration = Duration::from_secs(5);

/// Time that an invocation keeps for what follows the last replay.
const MARGIN: Duration = Duration::from_secs(20);

/// Time after which an invocation leaves the next replay of its connection to another one, so that the replays of other
/// connections come in between.
const TURN: Duration = Duration::from_secs(30);

/// Work of one invocation for one connection.
pub(crate) struct Session<'a> {
    /// Clients of the function.
    pub deps: &'a Deps,
    /// The connection.
    pub connection: &'a ConnectionId,
    /// Message that named the connection.
    pub message: &'a ReceivedMessage,
    /// Number of deliveries of the message, this one included.
    pub receives: u32,
    /// Id of this invocation, which the lease carries.
    pub invocation: &'a str,
    /// End of the invocation.
    pub ends_at: SystemTime,
}

impl Session<'_> {
    /// Does the work that the connection's row holds, one replay after the other, until none is left. Does nothing when
    /// another invocation holds the lease, because that one finds the work. What does not fit into this invocation
    /// is left to the next one.
    #[tracing::instrument(name = "session", skip_all, fields(connection = %self.connection))]
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let expires = Instant::now() + LEASE;
        let claimed = self.deps.connections.claim_replays(
            self.connection,
            self.invocation,
            self.now(),
            self.lease_until(),
        );
        let (claimed, ()) = tokio::join!(claimed, self.extend_visibility());
        let mut row = match claimed.context("claiming the connection")? {
            ReplayClaim::Claimed(row) => row,
            ReplayClaim::Held => return self.leave_to_holder().await,
            ReplayClaim::Missing => return Ok(()),
        };
        let turn_ends = Instant::now() + TURN;
        let (lease, _) = watch::channel(expires);
        while let Some(next) = self.step(&lease, row, turn_ends).await? {
            row = next;
            if renewal_due(&lease) {
                let renewed = self.renew(&lease).await.context("renewing the lease")?;
                let Some(current) = renewed.filter(|row| row.held_by(self.invocation)) else {
                    return Ok(());
                };
                row = current;
            }
        }
        Ok(())
    }

    /// Does the next piece of work. Returns the row after it, or `None` when this invocation has nothing more to do.
    async fn step(
        &self,
        lease: &watch::Sender<Instant>,
        row: ReplayRow,
        turn_ends: Instant,
    ) -> anyhow::Result<Option<ReplayRow>> {
        if let Some(reason) = row.closing_reason(self.now()) {
            self.close(&row, reason).await?;
            return Ok(None);
        }
        let Some((name, cursor)) = row.next() else {
            let released = self.release().await.context("giving the lease up")?;
            return Ok(match released {
                Released::Released => None,
                Released::Kept(row) => Some(row),
            });
        };
        if Instant::now() >= turn_ends || self.time_left() < REPLAY_TIMEOUT + MARGIN {
            self.send_job_again().await?;
            return Ok(None);
        }
        let row = match self.replay(lease, &row, name, cursor).await? {
            Replayed::Done => {
                let connections = &self.deps.connections;
                let removed =
                    connections.remove_replay(self.connection, self.invocation, name, cursor);
                removed.await.context("removing a replay")?
            }
            Replayed::Interrupted(row) => row,
            Replayed::Gone => None,
            Replayed::LeaseExpired => bail!("the lease expired, because the table did not answer"),
        };
        // Without the lease, another invocation does the rest.
        Ok(row.filter(|row| row.held_by(self.invocation)))
    }

    /// Leaves the work to the holder of the lease, whose message is delivered again if it dies. This message may be that
    /// one, delivered twice, and is deleted now; so a later one replaces it.
    async fn leave_to_holder(&self) -> anyhow::Result<()> {
        if self.receives == 1 {
            return Ok(());
        }
        let job = ConnectionJob::new(self.connection.clone());
        let sent = self.deps.queue.send_connection(&job, LEASE + AFTER_LEASE);
        sent.await.context("sending the job again")
    }

    async fn release(&self) -> Result<Released, StoreError> {
        let connections = &self.deps.connections;
        connections
            .release_replays(self.connection, self.invocation)
            .await
    }

    /// Gives the lease up and sends the job again for the work that is left. The lease goes first, because the message
    /// of a connection under a lease is taken for a duplicate; when this process dies in between, its own message is
    /// delivered again.
    async fn send_job_again(&self) -> anyhow::Result<()> {
        self.abandon().await.context("giving the lease up")?;
        let job = ConnectionJob::new(self.connection.clone());
        let sent = self.deps.queue.send_connection(&job, Duration::ZERO);
        sent.await.context("sending the job again")
    }

    /// Gives the lease up although work may be left.
    pub(crate) async fn abandon(&self) -> Result<(), StoreError> {
        let connections = &self.deps.connections;
        connections
            .abandon_replays(self.connection, self.invocation)
            .await
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.deps.reposter.clock.unix_seconds()
    }

    fn time_left(&self) -> Duration {
        self.ends_at
            .duration_since(SystemTime::now())
            .unwrap_or_default()
    }
}
