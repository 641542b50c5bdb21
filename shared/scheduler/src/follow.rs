//! Run that follows the last result that a thread waits for.

use longwire_core::ids::RunId;
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_core::pending::{Pending, first_message_id};
use longwire_core::run::RunStatus;
use longwire_store::threads::meta::Meta;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::waiting::{Next, Settle};

use crate::error::ScheduleError;
use crate::results::{Answered, NewResult};
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Starts the run that follows the last result; `None` when the thread changed meanwhile.
    pub(crate) async fn follow(
        &self,
        result: &NewResult,
        meta: &Meta,
        settle: Settle<'_>,
        next_run_id: &RunId,
    ) -> Result<Option<Answered>, ScheduleError> {
        let run = self
            .next_run(result, meta, settle.pending, next_run_id)
            .await?;
        // An interrupted request may have recorded it.
        let recorded_here = self.threads.record(&run).await?.is_none();
        let next = Next {
            run_id: &run.run_id,
            recorded_at: run.recorded_at,
            now: run.now,
            life: run.life,
        };
        let settled = self.threads.settle_last_call(&run.key, settle, next);
        let Some(meta) = settled.await? else {
            // The wait is over, so nothing queues the run that this request recorded.
            if recorded_here {
                self.threads.take_back(&run).await?;
            }
            return Ok(None);
        };
        self.send_first(&run, &meta).await?;
        Ok(Some(Answered::Continued {
            run_id: run.run_id,
            status: RunStatus::Queued,
            duplicate: false,
        }))
    }

    /// Run that follows: with the tools and the options of the run that made the calls.
    async fn next_run(
        &self,
        result: &NewResult,
        meta: &Meta,
        pending: &Pending,
        next_run_id: &RunId,
    ) -> Result<NewRun, ScheduleError> {
        let (row, input) = futures::future::try_join(
            self.threads.run_row(&result.key, &pending.run_id),
            self.threads.input(&result.key, &pending.run_id),
        )
        .await?;
        let row = row.as_ref();
        let run_id = next_run_id.clone();
        Ok(NewRun {
            key: result.key.clone(),
            message_id: first_message_id(&run_id),
            reserves_id: false,
            prompt: input
                .as_ref()
                .map(|input| input.prompt.clone())
                .unwrap_or_default(),
            context: Vec::new(),
            after: Some(pending.run_id.clone()),
            supersede: false,
            event: None,
            origin: row.map_or(Origin::User, |row| row.origin.clone()),
            reasoning: input.as_ref().is_some_and(|input| input.reasoning),
            tools: input.map(|input| input.tools).unwrap_or_default(),
            state: result.state.clone(),
            if_busy: IfBusy::Queue,
            on_gone: row.map_or(OnGone::default(), |row| row.on_gone),
            notify: row.map_or(Notify::None, |row| row.notify),
            payer: result.payer.clone(),
            subscriber: Some(result.subscriber.clone()),
            now: result.now(),
            recorded_at: result.millis.max(meta.recorded_at.unwrap_or_default()),
            life: result.life,
            run_id,
        })
    }
}
