//! A thread's line moves on.

use anyhow::Context as _;
use shared::aws::threads::keys::ThreadKey;
use shared::job::Job;

use crate::deps::Deps;

/// Takes the run off the head of its thread's line and wakes the next.
pub(crate) async fn move_on(deps: &Deps, key: &ThreadKey, job: &Job) -> anyhow::Result<()> {
    let head = deps
        .threads
        .advance(key, &job.run_id)
        .await
        .context("moving the line on")?;
    if let Some(next) = head {
        let job = Job::new(key.owner.clone(), key.thread_id.clone(), next);
        deps.queue.send(&job).await.context("waking the next run")?;
    }
    Ok(())
}
