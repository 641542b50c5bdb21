//! Bound of the posts that repeat the end of an ended run.

use std::time::Duration;

use longwire_core::run::RunRow;

use crate::delivery::Delivery;
use crate::runner::Runner;

/// Most times that the end of a run is posted again. Each delivery of the job of an ended run leads to one, because the
/// worker that stored the end may have crashed before it posted it, and duplicates of a job have no bound.
const MAX_END_POSTS: u32 = 3;

impl Runner {
    /// Posts the end of a run again, three times at most and only while its events can be replayed. A post is counted
    /// in the row before it is made, so that of several deliveries at the same time one posts.
    pub(crate) async fn post_end_bounded(&self, delivery: &Delivery<'_>, row: &RunRow) {
        if !due(row, self.now(), self.settings.replay) {
            return;
        }
        let (key, run_id) = (delivery.job.key(), &delivery.job.run_id);
        match self.threads.count_end_post(&key, run_id, row).await {
            Ok(true) => self.post_end_again(delivery, row).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                event = "end_replay_failed",
                %error,
                "the end of the run was not posted again"
            ),
        }
    }
}

/// Tells whether the end of the run may be posted again at `now`, in seconds since 1970. The events of a run that was
/// cancelled while queued do not expire, because they are made from its rows; this is how its clients receive them.
fn due(row: &RunRow, now: u64, replay: Duration) -> bool {
    let replayable = now < row.ended_at.unwrap_or_default() + replay.as_secs();
    row.end_posts < MAX_END_POSTS && (replayable || row.last_seq == 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::attempt::tests::row;

    #[test]
    fn an_end_is_posted_again_three_times_while_its_events_can_be_replayed() {
        let ended = |last_seq: u64, end_posts: u32| {
            json!({
                "status": "finished", "endedAt": 1_000, "lastSeq": last_seq, "endPosts": end_posts
            })
        };
        let due = |ended: Value, now: u64| due(&row(&ended), now, Duration::from_secs(3_600));
        assert!(due(ended(9, 0), 1_000) && due(ended(9, 2), 4_599));
        assert!(!due(ended(9, 3), 1_000), "it was posted three times");
        assert!(!due(ended(9, 0), 4_600), "its events are expired");
        assert!(due(ended(0, 0), 4_600), "it was cancelled while queued");
        assert!(!due(ended(0, 3), 4_600));
    }
}
