//! Texts that the user sends to the run while it is unfinished.

use std::sync::Arc;

use backon::{ConstantBuilder, Retryable};
use futures::FutureExt;
use longwire_agent::steering::ReadTexts;
use longwire_core::message::Message;

use crate::attempt::Attempt;
use crate::error::AttemptError;
use crate::writer::Writer;

impl Attempt<'_> {
    /// Reads texts for the agent loop. A failed read is repeated until the loop is dropped, at the latest when the lease has
    /// expired.
    pub fn read_texts(&self) -> ReadTexts {
        let (threads, pause) = (self.lease.threads.clone(), self.runner.settings.store_pause);
        let (key, run_id) = (self.lease.key.clone(), self.lease.run_id.clone());
        Arc::new(move |after, last| {
            let (threads, key, run_id) = (threads.clone(), key.clone(), run_id.clone());
            async move {
                let pauses = ConstantBuilder::new().with_delay(pause).without_max_times();
                let read = async || threads.steer_texts(&key, &run_id, after, last).await;
                let texts = read.retry(pauses).when(|error| !error.permanent()).await;
                let log = |error: &_| {
                    tracing::error!(event = "texts_unreadable", %error, "the texts that were sent to the run cannot be read");
                };
                texts.inspect_err(log).ok()
            }
            .boxed()
        })
    }

    /// Texts that a run that ends has accepted and not taken in, up to number `last`. The `messages` are stored with the end,
    /// too. Texts that cannot be read are left out, so that the run ends.
    pub(crate) async fn waiting_texts(
        &self,
        writer: &mut Writer<'_>,
        messages: &[Message],
        last: u32,
    ) -> Result<Vec<Message>, AttemptError> {
        let Some(after) = writer.steered_with(messages) else {
            return Ok(Vec::new());
        };
        let lease = &self.lease;
        let read = writer
            .retry_while_leased(async || {
                let texts = lease
                    .threads
                    .steer_texts(&lease.key, &lease.run_id, after, last);
                texts.await
            })
            .await;
        match read {
            Err(AttemptError::Refused(error)) => {
                tracing::error!(event = "texts_unreadable", %error, "the texts that were sent to the run cannot be read");
                writer.leave_out_texts();
                Ok(Vec::new())
            }
            read => read,
        }
    }
}
