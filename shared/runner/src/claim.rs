//! The claim, and the consequences of a delivery. The row of the run decides, because a job may be delivered twice or
//! late.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use longwire_core::job::Job;
use longwire_core::run::RunRow;
use longwire_store::error::StoreError;
use longwire_store::threads::advance::{Advance, Fence};
use longwire_store::threads::claim::{Claim, ClaimOutcome};
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::transition::Claimant;
use tokio::time::Instant;

use crate::account::{Account, Spent};
use crate::attempt::Attempt;
use crate::deadlines::Deadlines;
use crate::delivery::Delivery;
use crate::error::AttemptError;
use crate::load::Loaded;
use crate::place::Place;
use crate::runner::Runner;

/// Delivery from which on a run is ended whose row cannot be read, or whose input is missing.
const UNREADABLE_RECEIVES: u32 = 3;

/// Time after the lease of another worker at which its job is delivered again.
const REQUEUE_AFTER_LEASE: Duration = Duration::from_secs(5);

impl Runner {
    /// Does what the delivery's job asks for.
    ///
    /// The visibility of the message is set beside the claim: the queue's own is as long as a worker may live, and a
    /// worker that dies at once would delay the run by that.
    #[tracing::instrument(name = "deliver", skip_all, fields(run = %delivery.job.run_id, thread = %delivery.job.thread_id))]
    pub async fn run(&self, delivery: &Delivery<'_>) -> Result<(), AttemptError> {
        if let Some(request) = &delivery.job.replay {
            return self.replay(delivery, request).await;
        }
        let answered = async {
            match self.claim(delivery).await? {
                Some(attempt) => attempt.execute().await,
                None => Ok(()),
            }
        };
        let visible = delivery.extend_visibility(self.settings.visibility);
        tokio::join!(answered, visible).0
    }

    /// Claims the run of a job. Returns the attempt that is to be executed, or `None` when the run needs nothing more
    /// from this delivery.
    pub async fn claim<'a>(
        &'a self,
        delivery: &'a Delivery<'a>,
    ) -> Result<Option<Attempt<'a>>, AttemptError> {
        let key = delivery.job.key();
        let run_id = &delivery.job.run_id;
        let (requested_at, now) = (Instant::now(), self.now());
        let claimant = Claimant {
            id: delivery.invocation,
            now,
            until: now + self.settings.lease.as_secs(),
        };
        // One round trip: the lease, and everything that the model call needs.
        let (outcome, loaded, prepaid) = tokio::join!(
            self.threads.claim(&key, run_id, claimant),
            self.load(&key, run_id),
            self.prepay(delivery),
        );
        let claimed = matches!(outcome, Ok(ClaimOutcome::Claimed(..)));
        if let Some(account) = prepaid.as_ref().filter(|_| !claimed) {
            account.close(Spent::Nothing).await;
        }
        let outcome = match outcome {
            Err(error @ StoreError::Corrupt(_)) if delivery.receives >= UNREADABLE_RECEIVES => {
                return self.end_unreadable(delivery, &error).await;
            }
            outcome => outcome.context("claiming the run")?,
        };
        match decide(outcome, now) {
            Consequence::Execute(row, claim) => {
                let loaded = match loaded {
                    Ok(loaded) if loaded.is_of(&row) => Ok(loaded),
                    _ => self.load(&key, run_id).await,
                };
                let expires = requested_at + self.settings.lease;
                let account = self.account(delivery, &row, claim, prepaid);
                let begun = self
                    .begin(delivery, row, claim, expires, loaded, account.clone())
                    .await;
                if let (Some(account), Ok(None) | Err(_)) = (account, &begun) {
                    account.close(Spent::Nothing).await;
                }
                begun
            }
            Consequence::Requeue(delay) => {
                // This message is done, so that a duplicate does not use up the receives of the one that recovers
                // from a crash.
                let sent = self.queue.send_after(delivery.job, delay).await;
                sent.context("sending the job again")?;
                Ok(None)
            }
            Consequence::PostEndAgain(row) => {
                // Without the thread nothing tells whether the run still belongs to it, so a failed read fails the delivery.
                let thread = match loaded {
                    Err(error) if ends_run(&error, UNREADABLE_RECEIVES) => None,
                    loaded => loaded?.meta,
                };
                let belongs = thread.filter(|meta| meta.has(&row));
                let past = |fence| self.past(delivery.job, fence);
                let advance = match &belongs {
                    Some(meta) => Advance {
                        tip: row.tip,
                        pending: row.pending.as_ref(),
                        ..past(Fence::Generation(meta.generation))
                    },
                    None => past(Fence::Ended),
                };
                let advanced = self.advance(delivery.job, advance).await;
                if belongs.is_some() {
                    // The worker that ended the run may have died before it recorded the usage.
                    self.record_usage(&key, run_id, &row, row.usage).await;
                    self.post_end_bounded(delivery, &row).await;
                }
                advanced.map(|()| None)
            }
            Consequence::Advance => {
                let advance = self.past(delivery.job, Fence::Missing);
                let advanced = self.advance(delivery.job, advance).await;
                advanced.map(|()| None)
            }
        }
    }

    /// Ends a run whose row this version cannot read, and advances its run queue. The row may be of a newer version
    /// whose deployment is under way, so the first deliveries leave the run to another worker.
    async fn end_unreadable<'a>(
        &self,
        delivery: &Delivery<'_>,
        error: &StoreError,
    ) -> Result<Option<Attempt<'a>>, AttemptError> {
        let (key, run_id) = (delivery.job.key(), &delivery.job.run_id);
        tracing::error!(event = "run_unreadable", %error, "the run cannot be read; it is ended");
        let ended = self.threads.end_unreadable(&key, run_id, self.now());
        if !ended.await.context("ending an unreadable run")? {
            let leased = anyhow::anyhow!("an unreadable run is leased");
            return Err(AttemptError::Failed(leased));
        }
        let advance = self.past(delivery.job, Fence::Ended);
        let advanced = self.advance(delivery.job, advance).await;
        advanced.map(|()| None)
    }

    /// Makes the attempt at a claimed run, or gives the run back: when the reads failed, or when another run is ahead
    /// of it, because a late message may name a queued run.
    async fn begin<'a>(
        &'a self,
        delivery: &'a Delivery<'a>,
        row: RunRow,
        claim: Claim,
        lease_expires: Instant,
        loaded: anyhow::Result<Loaded>,
        account: Option<Arc<Account>>,
    ) -> Result<Option<Attempt<'a>>, AttemptError> {
        let mut lease = self.lease(delivery, row.epoch);
        let placed = async {
            let loaded = loaded?;
            // A start writes row and input side by side; an early job may find only one of them.
            if loaded.input.is_none() && delivery.receives < UNREADABLE_RECEIVES {
                anyhow::bail!("the input of the run is not there yet");
            }
            let (place, loaded) = self.place(delivery.job, &lease, &row, loaded).await?;
            self.complete(&lease, &row, place, loaded).await
        };
        let placed = match placed.await {
            Err(error) if ends_run(&error, delivery.receives) => {
                tracing::error!(
                    event = "run_unreadable",
                    error = format!("{error:#}"),
                    "the run cannot be read"
                );
                Ok((Place::Head, Loaded::unreadable()))
            }
            placed => placed,
        };
        match placed {
            Ok((place @ (Place::Head | Place::Deleted), loaded)) => {
                let stored = row.tip.is_some();
                let generation = loaded.meta.map(|meta| meta.generation);
                lease.generation = generation.or(row.generation).unwrap_or_default();
                let deadlines = Deadlines::new(
                    &row,
                    self.now(),
                    delivery.time_left(),
                    self.settings.life.run_limit,
                );
                Ok(Some(Attempt {
                    runner: self,
                    delivery,
                    row,
                    claim,
                    lease,
                    lease_expires,
                    history: loaded.history,
                    input: loaded.input,
                    // A run id that was used before may have the frame of that run.
                    frame: loaded.frame.filter(|_| stored),
                    hints: loaded.hints,
                    answers: loaded.answers,
                    account,
                    deadlines,
                    deleted: place == Place::Deleted,
                }))
            }
            Ok((Place::Waits, _)) => {
                let given_back = lease.give_back(claim).await;
                given_back.context("giving back a run of a thread that waits")?;
                Ok(None)
            }
            Ok((Place::Behind(head), _)) => {
                let given_back = lease.give_back(claim).await;
                given_back.context("giving back a queued run")?;
                let ahead = Job::new(&lease.key, head).caused_by(delivery.job.connection.clone());
                let sent = self.queue.send(&ahead).await;
                sent.context("sending the job of the run ahead")?;
                Ok(None)
            }
            Err(error) => {
                let given_back = lease.give_back(claim).await;
                given_back.context("giving back the run")?;
                Err(error.into())
            }
        }
    }

    /// Right to write the run of a job under this epoch.
    fn lease(&self, delivery: &Delivery<'_>, epoch: u32) -> RunLease {
        let job = delivery.job;
        RunLease {
            threads: self.threads.clone(),
            key: job.key(),
            run_id: job.run_id.clone(),
            owner: delivery.invocation.to_owned(),
            epoch,
            generation: 0,
        }
    }
}

/// Tells whether an error ends the run at this delivery. An item that cannot be read may be of a newer version whose
/// deployment is under way, so the first deliveries leave it to another worker.
fn ends_run(error: &anyhow::Error, receives: u32) -> bool {
    match error.downcast_ref() {
        Some(StoreError::Corrupt(_)) => receives >= UNREADABLE_RECEIVES,
        Some(error) => error.permanent(),
        None => false,
    }
}

/// Consequence of a claim.
#[derive(Debug, PartialEq)]
enum Consequence {
    /// Executes an attempt.
    Execute(RunRow, Claim),
    /// Sends the job again, for delivery after this delay: another worker holds the lease.
    Requeue(Duration),
    /// Advances the run queue, which may have runs waiting, and posts the end of the run again.
    PostEndAgain(RunRow),
    /// Advances the run queue past a run that does not exist.
    Advance,
}

fn decide(outcome: ClaimOutcome, now: u64) -> Consequence {
    match outcome {
        ClaimOutcome::Claimed(row, claim) => Consequence::Execute(row, claim),
        ClaimOutcome::Leased(row) => {
            let lease_left = Duration::from_secs(row.lease_until.saturating_sub(now));
            Consequence::Requeue(lease_left + REQUEUE_AFTER_LEASE)
        }
        ClaimOutcome::Ended(row) => Consequence::PostEndAgain(row),
        ClaimOutcome::Missing => Consequence::Advance,
    }
}

#[cfg(test)]
mod tests {
    use longwire_core::run::RunStatus;
    use serde_json::json;

    use super::*;
    use crate::attempt::tests::row;

    #[test]
    fn a_claimed_run_begins() {
        let row = row(&json!({}));
        let claimed = ClaimOutcome::Claimed(row.clone(), Claim::Fresh);
        assert_eq!(
            decide(claimed, 1000),
            Consequence::Execute(row, Claim::Fresh)
        );
    }

    #[test]
    fn a_job_under_another_lease_is_sent_again_for_five_seconds_after_it() {
        let leased = |until: u64| ClaimOutcome::Leased(row(&json!({ "leaseUntil": until })));
        assert_eq!(
            decide(leased(1030), 1000),
            Consequence::Requeue(Duration::from_secs(35))
        );
        assert_eq!(
            decide(leased(990), 1000),
            Consequence::Requeue(Duration::from_secs(5))
        );
    }

    #[test]
    fn the_end_of_an_ended_run_is_posted_again_and_a_missing_run_leaves_the_queue() {
        let row = row(&json!({ "status": "finished" }));
        assert_eq!(row.status, RunStatus::Finished);
        assert_eq!(
            decide(ClaimOutcome::Ended(row.clone()), 1000),
            Consequence::PostEndAgain(row)
        );
        assert_eq!(decide(ClaimOutcome::Missing, 1000), Consequence::Advance);
    }
}
