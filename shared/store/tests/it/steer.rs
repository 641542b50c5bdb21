//! Texts that a user sends to an unfinished run.

use futures::future::join_all;
use longwire_core::ids::{MessageId, RunId};
use longwire_core::message::Message;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode, RunRow};
use longwire_store::threads::cancel::CancelOutcome;
use longwire_store::threads::commit::Commit;
use longwire_store::threads::keys;
use longwire_store::threads::lease::{Ended, RunLease, Written};
use longwire_store::threads::record::NewRun;
use longwire_store::threads::steer::{MAX_WAITING, NewText, SteerOutcome, prompt_run};

use super::scripted::{key, run_id};
use super::thread::{NOW, TABLE, Thread, new_run};

impl Thread {
    async fn started() -> Self {
        Self::with_start(&run()).await
    }

    async fn queued() -> Self {
        Self::with_run(&run()).await
    }

    async fn row(&self) -> RunRow {
        let row = self.threads.run_row(&key(), &run_id()).await;
        row.expect("a table").expect("the run exists")
    }

    /// Sends a text under a message id that the client chose.
    async fn steer(&self, message_id: &str) -> SteerOutcome {
        self.send(message_id, true).await
    }

    async fn send(&self, message_id: &str, reserves_id: bool) -> SteerOutcome {
        let text = NewText {
            message_id: &MessageId::trusted(message_id),
            reserves_id,
            text: "in Celsius",
            now: NOW,
        };
        let outcome = self.threads.steer(&key(), &run_id(), text).await;
        outcome.expect("a table")
    }

    async fn accepts(&self, message_id: &str) -> bool {
        matches!(self.steer(message_id).await, SteerOutcome::Accepted(..))
    }

    /// Reserves the message id for a run.
    async fn reserve(&self, message_id: &str, run_id: &RunId) -> bool {
        let generation = self.generation().await;
        let (key, id) = (key(), MessageId::trusted(message_id));
        let reserved = self
            .threads
            .reserve_message_id(&key, generation, &id, run_id, NOW);
        reserved.await.expect("a table")
    }

    /// Ids of the texts after this number, up to the other one.
    async fn texts(&self, after: u32, last: u32) -> Vec<String> {
        let (key, run_id) = (key(), run_id());
        let texts = self.threads.steer_texts(&key, &run_id, after, last);
        let texts = texts.await.expect("a table").into_iter();
        texts.map(|text| text.id.as_str().to_owned()).collect()
    }
}

fn run() -> NewRun {
    NewRun {
        reserves_id: true,
        ..new_run()
    }
}

/// Commit of these messages from number 1 on, with which this number of texts is taken in.
fn commit(messages: &[Message], steered: u32) -> Commit<'_> {
    Commit {
        messages: (1..).zip(messages).collect(),
        steered: Some(steered),
        ..Commit::default()
    }
}

async fn end(lease: &RunLease, end: RunEnd, steered: u32) -> Ended {
    lease
        .end(&commit(&[], steered), end, None, NOW)
        .await
        .expect("a table")
}

#[tokio::test]
async fn texts_of_a_queued_and_of_a_running_run_are_read_in_order() {
    let thread = Thread::queued().await;
    assert!(thread.accepts("s_1").await);
    thread.claim().await;
    assert!(matches!(
        thread.send("s_2", false).await,
        SteerOutcome::Accepted(..)
    ));
    assert!(thread.accepts("s_3").await);
    let row = thread.row().await;
    assert_eq!((row.steers, row.steered), (3, 0));
    assert_eq!(thread.texts(0, 3).await, ["s_1", "s_2", "s_3"]);
    assert_eq!(thread.texts(1, 2).await, ["s_2"]);
    let texts = thread.threads.steer_texts(&key(), &run_id(), 0, 1).await;
    let id = MessageId::trusted("s_1");
    let expected = Message::steered(id, run_id(), "in Celsius");
    assert_eq!(texts.expect("a table"), [expected]);
    let missing = thread.threads.steer_texts(&key(), &run_id(), 2, 4).await;
    assert!(missing.expect_err("one is missing").permanent());
}

#[tokio::test]
async fn a_repeated_text_is_accepted_once() {
    let thread = Thread::queued().await;
    assert!(thread.accepts("s_1").await);
    assert_eq!(thread.steer("s_1").await, SteerOutcome::Duplicate);
    let lease = thread.claim().await;
    assert_eq!(end(&lease, RunEnd::Finished, 1).await, Ended::Done);
    assert_eq!(thread.steer("s_1").await, SteerOutcome::Duplicate);
    assert_eq!(thread.row().await.steers, 1);
}

#[tokio::test]
async fn the_id_of_another_message_is_refused() {
    let thread = Thread::queued().await;
    assert_eq!(thread.steer("u_1").await, SteerOutcome::MessageIdTaken);
    thread.claim().await;
    let other = RunId::trusted("r_2");
    assert!(thread.reserve("u_2", &other).await);
    assert_eq!(thread.steer("u_2").await, SteerOutcome::MessageIdTaken);
    assert!(thread.accepts("s_1").await);
    assert!(!thread.reserve("s_1", &other).await, "the text has it");
}

#[tokio::test]
async fn five_texts_wait_at_most() {
    let thread = Thread::queued().await;
    let lease = thread.claim().await;
    for number in 1..=MAX_WAITING {
        assert!(thread.accepts(&format!("s_{number}")).await);
    }
    assert_eq!(thread.steer("s_6").await, SteerOutcome::Full);
    assert_eq!(thread.steer("s_3").await, SteerOutcome::Duplicate);
    let texts = thread.threads.steer_texts(&key(), &run_id(), 0, 2).await;
    let texts = texts.expect("a table");
    let written = lease.commit(&commit(&texts, 2)).await;
    assert_eq!(written.expect("a table"), Written::Done);
    assert!(thread.accepts("s_6").await);
    assert!(thread.accepts("s_7").await);
    assert_eq!(thread.steer("s_8").await, SteerOutcome::Full);
    let row = thread.row().await;
    assert_eq!((row.steers, row.steered, row.tip), (7, 2, Some(2)));
}

#[tokio::test]
async fn texts_at_the_same_time_have_numbers_of_their_own() {
    let thread = Thread::queued().await;
    thread.claim().await;
    let ids: Vec<_> = (1..=5).map(|number| format!("s_{number}")).collect();
    let accepted = join_all(ids.iter().map(|id| thread.accepts(id))).await;
    assert_eq!(accepted, [true; 5]);
    let mut texts = thread.texts(0, 5).await;
    texts.sort_unstable();
    assert_eq!(texts, ids);
}

#[tokio::test]
async fn no_end_is_stored_while_a_text_waits() {
    for outcome in [
        RunEnd::Finished,
        RunEnd::Failed(RunErrorCode::Internal),
        RunEnd::Cancelled(CancelReason::Timeout),
    ] {
        let thread = Thread::queued().await;
        let lease = thread.claim().await;
        assert!(thread.accepts("s_1").await);
        assert_eq!(end(&lease, outcome, 0).await, Ended::TextsWait(1));
        assert!(thread.accepts("s_2").await);
        assert_eq!(end(&lease, outcome, 1).await, Ended::TextsWait(2));
        assert_eq!(end(&lease, outcome, 2).await, Ended::Done);
        assert_eq!(thread.steer("s_3").await, SteerOutcome::Ended);
        let row = thread.row().await;
        assert_eq!((row.steers, row.steered), (2, 2));
    }
}

#[tokio::test]
async fn a_cancel_request_comes_before_texts() {
    let thread = Thread::queued().await;
    let lease = thread.claim().await;
    assert!(thread.accepts("s_1").await);
    let cancelled = thread
        .threads
        .cancel(&key(), &run_id(), CancelReason::User, NOW)
        .await;
    assert!(matches!(cancelled, Ok(CancelOutcome::Requested(_))));
    let reason = CancelReason::User;
    assert_eq!(
        end(&lease, RunEnd::Finished, 0).await,
        Ended::CancelRequested(reason)
    );
    assert_eq!(
        end(&lease, RunEnd::Cancelled(reason), 0).await,
        Ended::TextsWait(1)
    );
    assert!(thread.accepts("s_2").await, "the run has not ended");
}

#[tokio::test]
async fn a_text_for_an_ended_run_is_not_accepted_however_often_it_is_sent() {
    let thread = Thread::queued().await;
    let lease = thread.claim().await;
    assert_eq!(end(&lease, RunEnd::Finished, 0).await, Ended::Done);
    assert_eq!(thread.steer("s_1").await, SteerOutcome::Ended);
    let id = MessageId::trusted("s_1");
    let prompt = prompt_run(&run_id(), &id);
    assert!(thread.reserve("s_1", &prompt).await);
    assert_eq!(thread.steer("s_1").await, SteerOutcome::Ended);
    assert_eq!(prompt, prompt_run(&run_id(), &id));
    assert_ne!(prompt, prompt_run(&run_id(), &MessageId::trusted("s_2")));
    assert!(RunId::parse(prompt.as_str()).is_ok());
}

#[tokio::test]
async fn a_start_that_may_be_taken_back_accepts_no_text_and_one_that_has_one_stays() {
    let thread = Thread::started().await;
    assert_eq!(thread.steer("s_1").await, SteerOutcome::Missing);
    let taken_back = thread.threads.take_back(&run()).await;
    assert_eq!(taken_back.expect("a table"), None);

    let thread = Thread::queued().await;
    assert!(thread.accepts("s_1").await);
    let kept = thread.threads.take_back(&run()).await.expect("a table");
    assert_eq!(kept.map(|row| row.steers), Some(1));
}

#[tokio::test]
async fn the_item_of_an_earlier_run_of_the_same_id_is_replaced() {
    let thread = Thread::queued().await;
    let mut left = keys::item(&key(), format!("{}#STEER#00000001", keys::run(&run_id())));
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    left.insert("messageId".to_owned(), text("old"));
    let put = thread.emulator.client().put_item().table_name(TABLE);
    let put = put.set_item(Some(left)).send().await;
    put.expect("a table");
    assert!(thread.accepts("s_1").await);
    assert_eq!(thread.texts(0, 1).await, ["s_1"]);
}
