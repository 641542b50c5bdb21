//! Loading what an attempt starts from.

use anyhow::Context as _;
use longwire_agent::answers::{Answers, closing_answers, following_answers};
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::message::{approved_calls_maybe_made, open_calls};
use longwire_core::run::RunRow;
use longwire_core::run_frame::RunFrame;
use longwire_core::run_input::RunInput;
use longwire_core::shape::Shape;
use longwire_core::thread_key::ThreadKey;
use longwire_store::error::StoreError;
use longwire_store::threads::control::RunStart;
use longwire_store::threads::messages::{History, NewestMessages};
use longwire_store::threads::meta::Meta;

use crate::runner::Runner;

/// State of the thread and input of the run, read in one round trip.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The thread; `None` when it does not exist, or is expired.
    pub meta: Option<Meta>,
    /// Stored messages of the thread, newest ones only.
    pub history: History,
    /// Input of the run; `None` when it is missing or an item cannot be parsed.
    pub input: Option<RunInput>,
    /// Frame of the run, once a step of it is stored.
    pub frame: Option<RunFrame>,
    /// Connections of the thread, from an index that lags.
    pub hints: Vec<(ConnectionId, Shape)>,
    /// Answers with which the run begins.
    pub answers: Answers,
}

impl Loaded {
    /// Tells whether the state, which was read beside the claim of this row, is that of the claimed run. It may not be when
    /// another worker wrote in between, or when an earlier run with this id was erased in between: its input was recorded at
    /// another time, and its thread does not know the later time. One more read follows, also when the input is missing or
    /// was written by a repetition of the start.
    pub(crate) fn is_of(&self, row: &RunRow) -> bool {
        let input = self.input.as_ref();
        let thread = self.meta.as_ref();
        row.epoch == 1
            && input.is_some_and(|input| input.recorded_at == row.recorded_at)
            && thread.is_some_and(|meta| meta.recorded_at >= row.recorded_at)
    }

    /// State after a read in which an item cannot be parsed: enough to tell the subscribers in the row that the run
    /// failed.
    pub(crate) fn unreadable() -> Self {
        Self {
            meta: None,
            history: History::default(),
            input: None,
            frame: None,
            hints: Vec::new(),
            answers: Answers::default(),
        }
    }
}

impl Runner {
    /// Loads thread, input, history and connections. A failed read of the connections is logged only.
    pub(crate) async fn load(&self, key: &ThreadKey, run_id: &RunId) -> anyhow::Result<Loaded> {
        let now = self.now();
        let (start, newest, hints) = tokio::join!(
            self.threads.run_start(key, run_id, now),
            self.threads
                .newest_messages(key, self.settings.history_limit()),
            self.connections.by_thread(key, now),
        );
        let RunStart { meta, input, frame } = start.context("reading the thread and the input")?;
        let hints = hints.unwrap_or_else(|error| {
            tracing::warn!(
                event = "subscribers_read_failed",
                %error,
                "the connections of the thread were not read"
            );
            Vec::new()
        });
        let newest = newest.context("reading the history")?;
        let history = match &meta {
            Some(meta) => self.history_of(key, meta, newest).await?,
            None => History::default(),
        };
        Ok(Loaded {
            meta,
            history,
            input,
            frame,
            hints,
            answers: Answers::default(),
        })
    }

    /// Reads the answers to the calls that earlier runs left open, for a run that has not stored its first message, or was
    /// making the approved calls. A run that `follows` the answers makes those; another one closes all calls, because the
    /// wait for them has ended.
    pub(crate) async fn open_answers(
        &self,
        key: &ThreadKey,
        generation: u64,
        history: &History,
        follows: bool,
    ) -> anyhow::Result<Answers> {
        let messages = history.messages.iter().map(|stored| stored.message.clone());
        let messages: Vec<_> = messages.collect();
        let open = open_calls(&messages);
        let given = self.threads.call_results(key, generation, &open).await;
        let given = given.context("reading the answers to open calls")?;
        Ok(match follows {
            true => following_answers(&open, given),
            false => closing_answers(&open, given, approved_calls_maybe_made(&messages)),
        })
    }

    /// Messages of the thread's generation, read again when the thread knows a newer one: the run before this one may
    /// have ended between the two reads.
    async fn history_of(
        &self,
        key: &ThreadKey,
        meta: &Meta,
        newest: NewestMessages,
    ) -> anyhow::Result<History> {
        let history = newest.of(meta.generation);
        if meta.tip.is_none_or(|tip| tip <= history.tip) {
            return Ok(history);
        }
        let newest = self
            .threads
            .newest_messages(key, self.settings.history_limit())
            .await;
        Ok(newest
            .context("reading the history again")?
            .of(meta.generation))
    }

    /// Reads older messages until the prompt of a run that stored messages, and the first message that its model was shown,
    /// are among them. One query returns at most 1 MB, which a few steps with long results exceed. Fails with
    /// [`StoreError::Corrupt`] when the prompt is not there: a run that started from scratch would repeat its tool calls.
    pub(crate) async fn find_prompt(
        &self,
        key: &ThreadKey,
        row: &RunRow,
        run_id: &RunId,
        generation: u64,
        frame: Option<&RunFrame>,
        history: &mut History,
    ) -> anyhow::Result<()> {
        if row.tip.is_none() {
            return Ok(());
        }
        while !history.has_prompt(run_id, &row.message_id) {
            if !self.read_older(key, generation, history).await? {
                let missing = "the stored prompt of the run is missing".to_owned();
                return Err(StoreError::Corrupt(missing).into());
            }
        }
        let first_shown = frame.map_or(u64::MAX, |frame| frame.first_message);
        let first = |history: &History| history.messages.first().map(|first| first.number);
        while first(history).is_some_and(|first| first > first_shown)
            && self.read_older(key, generation, history).await?
        {}
        Ok(())
    }

    /// Adds older messages to a history. Returns `false` when there are none, or the history has as many as a run may need.
    async fn read_older(
        &self,
        key: &ThreadKey,
        generation: u64,
        history: &mut History,
    ) -> anyhow::Result<bool> {
        let limit = self.settings.history_limit();
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        if !history.is_partial() || history.messages.len() >= most {
            return Ok(false);
        }
        let read = self.threads.older_messages(key, generation, limit, history);
        read.await.context("reading older messages")?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::attempt::tests::row;

    /// State with an input of this time, of a thread that knows runs up to that time.
    fn loaded(input: u64, thread: u64) -> Loaded {
        let input =
            json!({ "v": 2, "messageId": "u_1", "prompt": "Hey!", "recordedAt": input, "ttl": 0 });
        let thread = json!({ "born": 1, "recordedAt": thread, "updatedAt": 1 });
        Loaded {
            meta: Some(from_value(thread).expect("a thread")),
            input: Some(from_value(input).expect("an input")),
            ..Loaded::unreadable()
        }
    }

    fn claimed(epoch: u32) -> RunRow {
        let changed: Value = json!({ "epoch": epoch, "recordedAt": 7 });
        row(&changed)
    }

    #[test]
    fn what_was_read_beside_the_first_claim_is_of_the_claimed_run() {
        assert!(loaded(7, 7).is_of(&claimed(1)));
        assert!(loaded(7, 8).is_of(&claimed(1)), "a later run waits");
    }

    #[test]
    fn what_was_read_before_a_later_claim_or_of_an_earlier_run_is_read_again() {
        assert!(!loaded(7, 7).is_of(&claimed(2)), "another worker wrote");
        assert!(!loaded(6, 7).is_of(&claimed(1)), "an erased run's input");
        assert!(!loaded(7, 6).is_of(&claimed(1)), "an earlier thread");
        assert!(!Loaded::unreadable().is_of(&claimed(1)), "no input yet");
    }
}
