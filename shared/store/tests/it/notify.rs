//! Runs whose end is an event on the bus: what each end leaves in the row, and the text of the answer.

use std::time::Duration;

use longwire_core::ids::{MessageId, RunId, UserId};
use longwire_core::limits::UserLimits;
use longwire_core::message::{Block, Message, Role, Usage};
use longwire_core::options::Notify;
use longwire_core::payment::Payer;
use longwire_core::run::{CancelReason, RunEnd, RunErrorCode, RunStatus};
use longwire_store::item::Item;
use longwire_store::threads::cancel::CancelOutcome;
use longwire_store::threads::commit::Commit;
use longwire_store::threads::ended_run::EndedRun;
use longwire_store::threads::former_generation::{Change, FormerGeneration};
use longwire_store::threads::keys;
use longwire_store::threads::lease::Ended;
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::record::NewRun;

use super::scripted::{key, run_id};
use super::thread::{NOW, Thread, new_run};

impl Thread {
    async fn notified(notify: Notify) -> Self {
        Self::with_run(&run(notify)).await
    }

    /// Row of the run.
    async fn row_item(&self) -> Item {
        self.item(keys::run(&run_id())).await
    }

    /// Run that the change from a row to the present one ended.
    async fn ended_since(&self, before: Item) -> Option<EndedRun> {
        let change = Change {
            keys: keys::item(&key(), keys::run(&run_id())).into(),
            before: before.into(),
            after: self.row_item().await.into(),
        };
        change.ended_run().expect("a record")
    }

    /// Ends the claimed run with these messages. Returns it as the stream tells.
    async fn end(&self, end: RunEnd, messages: &[Message]) -> EndedRun {
        let lease = self.claim().await;
        let before = self.row_item().await;
        let commit = Commit {
            messages: (1..).zip(messages).collect(),
            usage: usage(),
            ..Commit::default()
        };
        let ended = lease.end(&commit, end, None, NOW + 9).await;
        assert_eq!(ended.expect("a table"), Ended::Done);
        self.ended_since(before).await.expect("the run ended")
    }

    /// Cancels the queued run.
    async fn cancel(&self) {
        let (key, run_id) = (key(), run_id());
        let cancel = self.threads.cancel(&key, &run_id, CancelReason::User, NOW);
        let outcome = cancel.await.expect("a table");
        assert!(matches!(outcome, CancelOutcome::WhileQueued(_)));
    }

    async fn answer(&self, run: &EndedRun, now: u64) -> Option<String> {
        self.threads.answer(run, now).await.expect("a table")
    }
}

fn run(notify: Notify) -> NewRun {
    NewRun {
        notify,
        payer: Some(Payer {
            user: UserId::trusted("u_7"),
            limits: UserLimits::default(),
        }),
        recorded_at: NOW * 1000 + 250,
        life: ThreadLife {
            ttl: Some(Duration::from_secs(3600)),
            run_limit: Duration::from_secs(7200),
        },
        ..new_run()
    }
}

fn usage() -> Usage {
    Usage {
        input_tokens: 10,
        output_tokens: 2,
        total_tokens: 12,
        ..Usage::default()
    }
}

fn prompt() -> Message {
    Message::user(MessageId::trusted("u_1"), run_id(), "?")
}

fn reply(of: RunId, texts: &[&str]) -> Message {
    let blocks = texts.iter().map(|text| Block::Text {
        id: MessageId::random(),
        text: (*text).to_owned(),
    });
    Message::new(Role::Assistant, of, blocks.collect())
}

#[tokio::test]
async fn each_end_of_a_worker_tells_what_the_client_asked_for() {
    for (end, status, reason, code) in [
        (RunEnd::Finished, RunStatus::Finished, None, None),
        (
            RunEnd::Failed(RunErrorCode::WorkerLost),
            RunStatus::Failed,
            None,
            Some(RunErrorCode::WorkerLost),
        ),
        (
            RunEnd::Cancelled(CancelReason::Timeout),
            RunStatus::Cancelled,
            Some(CancelReason::Timeout),
            None,
        ),
    ] {
        let thread = Thread::notified(Notify::Content).await;
        let ended = thread.end(end, &[prompt()]).await;
        let row = &ended.row;
        assert_eq!((ended.status, row.reason, row.code), (status, reason, code));
        assert_eq!((row.notify, row.usage), (Notify::Content, usage()));
        assert_eq!(ended.user, UserId::trusted("u_7"));
        assert_eq!((row.started_at, row.ended_at), (Some(NOW), Some(NOW + 9)));
        assert_eq!(row.recorded_at, Some(NOW * 1000 + 250));
    }
}

#[tokio::test]
async fn an_end_without_a_worker_tells_what_the_client_asked_for() {
    let cancelled = Thread::notified(Notify::Ids).await;
    let before = cancelled.row_item().await;
    cancelled.cancel().await;
    let ended = cancelled.ended_since(before).await.expect("the run ended");
    let row = &ended.row;
    assert_eq!(
        (ended.status, row.reason, row.notify),
        (RunStatus::Cancelled, Some(CancelReason::User), Notify::Ids)
    );

    let unreadable = Thread::notified(Notify::Ids).await;
    let before = unreadable.row_item().await;
    let (key, run_id) = (key(), run_id());
    let end = unreadable.threads.end_unreadable(&key, &run_id, NOW + 1);
    assert!(end.await.expect("a table"));
    let ended = unreadable.ended_since(before).await.expect("the run ended");
    assert_eq!(ended.status, RunStatus::Failed);
}

#[tokio::test]
async fn a_change_of_an_ended_run_is_no_second_end() {
    let thread = Thread::notified(Notify::Ids).await;
    thread.end(RunEnd::Finished, &[]).await;
    let ended = thread.row_item().await;
    assert_eq!(thread.ended_since(ended).await, None);
}

#[tokio::test]
async fn a_run_that_did_not_ask_has_no_event() {
    let thread = Thread::notified(Notify::None).await;
    let before = thread.row_item().await;
    thread.cancel().await;
    assert!(!before.contains_key("notify"));
    assert_eq!(thread.ended_since(before).await, None);
}

#[tokio::test]
async fn the_answer_is_the_last_text_that_the_model_wrote_in_the_run() {
    let thread = Thread::notified(Notify::Content).await;
    let messages = [
        prompt(),
        reply(run_id(), &["Let me see."]),
        Message::new(Role::User, run_id(), Vec::new()),
        reply(run_id(), &["It is sunny.", "", "Enjoy it."]),
    ];
    let ended = thread.end(RunEnd::Finished, &messages).await;
    let answer = thread.answer(&ended, NOW).await;
    assert_eq!(answer.as_deref(), Some("It is sunny.\n\nEnjoy it."));
}

#[tokio::test]
async fn the_answer_of_a_run_that_was_stopped_at_its_tools_is_the_text_before_them() {
    let thread = Thread::notified(Notify::Content).await;
    let results = Message::new(Role::User, run_id(), Vec::new());
    let messages = [prompt(), reply(run_id(), &["Let me see."]), results];
    let end = RunEnd::Cancelled(CancelReason::User);
    let ended = thread.end(end, &messages).await;
    let answer = thread.answer(&ended, NOW).await;
    assert_eq!(answer.as_deref(), Some("Let me see."));
}

#[tokio::test]
async fn the_answer_is_found_before_the_texts_that_waited_for_the_run() {
    let thread = Thread::notified(Notify::Content).await;
    let texts = (1..=5).map(|number| {
        let id = MessageId::trusted(format!("s_{number}"));
        Message::steered(id, run_id(), "in Celsius")
    });
    let messages = [prompt(), reply(run_id(), &["Let me see."])];
    let messages: Vec<_> = messages.into_iter().chain(texts).collect();
    let end = RunEnd::Cancelled(CancelReason::User);
    let mut ended = thread.end(end, &messages).await;
    ended.row.steered = 5;
    let answer = thread.answer(&ended, NOW).await;
    assert_eq!(answer.as_deref(), Some("Let me see."));
}

#[tokio::test]
async fn the_text_of_another_run_is_no_answer() {
    let thread = Thread::notified(Notify::Content).await;
    let before = RunId::trusted("r_0");
    let messages = [reply(before, &["A secret."]), prompt()];
    let failed = RunEnd::Failed(RunErrorCode::ModelTimeout);
    let ended = thread.end(failed, &messages).await;
    assert_eq!(thread.answer(&ended, NOW).await, None);
}

#[tokio::test]
async fn a_run_without_messages_has_no_answer() {
    let thread = Thread::notified(Notify::Content).await;
    let ended = thread.end(RunEnd::Finished, &[]).await;
    assert_eq!(thread.answer(&ended, NOW).await, None);
}

#[tokio::test]
async fn a_deleted_thread_has_no_answer() {
    let thread = Thread::notified(Notify::Content).await;
    let messages = [prompt(), reply(run_id(), &["It is sunny."])];
    let ended = thread.end(RunEnd::Finished, &messages).await;
    assert!(thread.answer(&ended, NOW).await.is_some());
    let deleted = thread.threads.delete_thread(&key(), NOW * 1000 + 500).await;
    assert!(deleted.expect("a table"));
    assert_eq!(thread.answer(&ended, NOW).await, None, "not erased yet");
    let former = FormerGeneration {
        key: key(),
        generation: ended.row.generation.expect("the run stored messages"),
    };
    thread.threads.erase(&former, NOW).await.expect("a table");
    assert_eq!(thread.answer(&ended, NOW).await, None, "erased");
}
