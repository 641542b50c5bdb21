//! Closing of a connection, after `bye`.

use std::time::Duration;

use anyhow::Context as _;
use longwire_protocol::response::bye::Bye;
use longwire_protocol::response::error::Code;
use longwire_protocol::response::render;
use longwire_store::connections::closing::ClosingReason;
use longwire_store::connections::replays::ReplayRow;
use tokio::time::timeout;

use crate::session::Session;

/// Time limit of the post.
const POST_LIMIT: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Posts `bye`, closes the connection and deletes its row. `$disconnect` deletes the row, too, but its event is a
    /// best effort (API Gateway developer guide, "Manage connected users and client apps").
    pub(crate) async fn close(&self, row: &ReplayRow, reason: ClosingReason) -> anyhow::Result<()> {
        self.post_bye(row, reason).await;
        let closed = self.deps.close(self.connection).await;
        closed.context("closing the connection")?;
        let deleted = self.deps.connections.delete(self.connection).await;
        deleted.context("deleting the row of the connection")?;
        tracing::info!(
            event = "connection_closed",
            ?reason,
            "a connection was closed"
        );
        Ok(())
    }

    /// Posts `bye` once. A client that does not get it notices the end of the connection. Formats other than `agui`
    /// have no `bye`.
    async fn post_bye(&self, row: &ReplayRow, reason: ClosingReason) {
        let frame = render(&bye(reason), row.format);
        if frame.is_empty() {
            return;
        }
        let post = (self.deps.reposter.post)(self.connection.clone(), frame);
        let failed = match timeout(POST_LIMIT, post).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(event = "bye_failed", error = failed, "`bye` was not posted");
    }
}

fn bye(reason: ClosingReason) -> Bye {
    let (code, message) = match reason {
        ClosingReason::RateLimited => (
            Code::RateLimited,
            "This connection sent too many messages. Connect again later.",
        ),
        ClosingReason::TokenExpired => (
            Code::TokenExpired,
            "The token has expired. Connect again with a fresh one.",
        ),
        ClosingReason::Revoked => (Code::Unauthorized, "The access of this user was ended."),
    };
    Bye {
        code,
        message: message.to_owned(),
        reconnect: reason != ClosingReason::Revoked,
    }
}
