//! Advancing a run queue past the run of a job.

use anyhow::Context as _;
use longwire_core::job::Job;
use longwire_store::threads::advance::{Advance, Fence};

use crate::error::AttemptError;
use crate::runner::Runner;

impl Runner {
    /// Makes an advance past the ended or missing run of a job, of which nothing else is known.
    pub(crate) fn past<'a>(&self, job: &'a Job, fence: Fence) -> Advance<'a> {
        Advance {
            run_id: &job.run_id,
            fence,
            tip: None,
            last_input: None,
            pending: None,
            now: self.now(),
            life: self.settings.life,
        }
    }

    /// Advances the run queue of a job's thread. The job of the next run belongs to the same connection.
    pub(crate) async fn advance(
        &self,
        job: &Job,
        advance: Advance<'_>,
    ) -> Result<(), AttemptError> {
        let scheduler = self.scheduler.caused_by(job.connection.clone());
        let advanced = scheduler.advance(&job.key(), advance).await;
        Ok(advanced.context("advancing the run queue")?)
    }
}
