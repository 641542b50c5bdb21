//! Closing of connections that get too many `rate_limited` responses, or whose token has expired. This function never posts:
//! it marks the row, and the function `replay` posts `bye` and closes the connection.

use std::time::Duration;

use longwire_core::connection_job::ConnectionJob;
use longwire_core::ids::ConnectionId;
use longwire_store::connections::closing::ClosingReason;

use crate::deps::Deps;
use crate::failure::Failure;

/// Number of `rate_limited` responses within a minute after which a connection is closed.
pub(crate) const MAX_REFUSALS: u64 = 50;

/// Delay of the connection job of a closing connection, so that the client receives the responses to what it has sent.
const DELAY: Duration = Duration::from_secs(1);

/// Counts a `rate_limited` response at `millis`, in milliseconds since 1970, and closes the connection that got too
/// many of them.
pub(crate) async fn count_refusal(
    deps: &Deps,
    connection: &ConnectionId,
    millis: u64,
) -> Result<(), Failure> {
    let refusals = deps.connections.count_refusal(connection, millis).await?;
    if refusals < MAX_REFUSALS {
        return Ok(());
    }
    close(deps, connection, ClosingReason::RateLimited, millis).await
}

/// Marks a connection as one to be closed and sends a connection job, unless that was done within 10 s before `millis`.
pub(crate) async fn close(
    deps: &Deps,
    connection: &ConnectionId,
    reason: ClosingReason,
    millis: u64,
) -> Result<(), Failure> {
    let (connections, now) = (&deps.connections, millis / 1000);
    if connections.mark_closing(connection, reason, now).await? {
        tracing::info!(
            event = "connection_closing",
            %connection,
            ?reason,
            "a connection is to be closed"
        );
        let job = ConnectionJob::new(connection.clone());
        deps.replays.send_connection(&job, DELAY).await?;
    }
    Ok(())
}
