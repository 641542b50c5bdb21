//! A thread's line moves on.

use anyhow::Context as _;
use longwire_core::job::Job;
use longwire_core::thread_key::ThreadKey;

use crate::deps::Deps;

/// Takes the run off the head of its thread's line and wakes the next.
pub(crate) async fn move_on(deps: &Deps, key: &ThreadKey, job: &Job) -> anyhow::Result<()> {
    let advanced = deps.scheduler.advance(key, &job.run_id).await;
    advanced.context("moving the line on")
}
