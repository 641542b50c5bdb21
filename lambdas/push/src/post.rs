//! Post of a frame to one connection.

use std::time::Duration;

use longwire_core::backoff::FullJitter;
use longwire_store::connections::Connection;
use longwire_stream::post::{OPENING, PostError};
use tokio::time::{Instant, sleep_until, timeout};

use crate::deps::{Deps, POST_LIMIT};

/// Time after which no further post to a connection begins. A connection that is not open yet is within it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bounds of the pauses between the posts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// Result of the posts to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    Delivered,
    Gone,
    Failed,
}

impl Deps {
    /// Posts a frame to a connection, again while it takes nothing and `ends` has not come.
    pub(crate) async fn post_to(
        &self,
        connection: &Connection,
        frame: &str,
        ends: Instant,
    ) -> Posted {
        let mut pauses = FullJitter::new(PAUSES.0, PAUSES.1);
        let ends = ends.min(Instant::now() + PATIENCE);
        while Instant::now() < ends {
            let id = connection.connection.clone();
            let post = (self.post)(id, frame.to_owned());
            match timeout(POST_LIMIT, post).await {
                Ok(Ok(())) => return Posted::Delivered,
                Ok(Err(PostError::Gone)) if !self.is_opening(connection) => return Posted::Gone,
                Ok(Err(PostError::Refused(error))) => {
                    tracing::error!(
                        event = "push_post_refused",
                        error,
                        "a post of an event was refused"
                    );
                    return Posted::Failed;
                }
                Ok(Err(PostError::Gone | PostError::Slow)) | Err(_) => {}
            }
            sleep_until(ends.min(Instant::now() + pauses.next_pause())).await;
        }
        Posted::Failed
    }

    /// Tells whether status 410 may mean that the connection is not open yet. The handshake is known to the second.
    fn is_opening(&self, connection: &Connection) -> bool {
        self.clock.unix_seconds() <= connection.connected_at + OPENING.as_secs()
    }
}
