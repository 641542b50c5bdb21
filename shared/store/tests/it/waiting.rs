//! Threads that wait for results of their client's tools, in the emulator.

use std::time::Duration;

use emulator::Emulator;
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::pending::Pending;
use longwire_core::tool::ToolOutcome;
use longwire_store::threads::Threads;
use longwire_store::threads::advance::{Advance, Fence};
use longwire_store::threads::call_results::{PartPlace, PartStored, ResultPart};
use longwire_store::threads::keys::open_part;
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::meta::Meta;
use longwire_store::threads::run_queue::{Append, Appended};
use longwire_store::threads::waiting::{Next, Settle};

use super::scripted::key;

const NOW: u64 = 1_000;
const UNTIL: u64 = 8_200;
const HOUR: u64 = 3600;

const LIFE: ThreadLife = ThreadLife {
    ttl: Some(Duration::from_secs(HOUR)),
    run_limit: Duration::from_secs(2 * HOUR),
};

fn run(name: &str) -> RunId {
    RunId::trusted(name)
}

fn pending(calls: &[&str]) -> Pending {
    let calls = calls.iter().map(|call| CallId::trusted(*call));
    Pending {
        next_run_id: run("r_next"),
        ..Pending::new(run("r_1"), calls, UNTIL)
    }
}

async fn append(threads: &Threads, name: &str, supersede: bool, now: u64) -> Appended {
    let run_id = run(name);
    let append = Append {
        run_id: &run_id,
        recorded_at: now * 1000,
        max: 20,
        supersede,
        now,
        life: LIFE,
    };
    threads.append(&key(), append).await.expect("a response")
}

async fn meta(threads: &Threads) -> Meta {
    let meta = threads.meta(&key(), NOW).await.expect("a response");
    meta.expect("a thread")
}

/// Thread whose run `r_1` ended with these calls, with these runs behind it.
async fn waiting(calls: &[&str], behind: &[&str]) -> Threads {
    let threads = Threads::new(Emulator::threads().client(), "threads");
    append(&threads, "r_1", false, NOW).await;
    for name in behind {
        append(&threads, name, false, NOW).await;
    }
    let (run_id, pending) = (run("r_1"), pending(calls));
    let advance = Advance {
        run_id: &run_id,
        fence: Fence::Generation(meta(&threads).await.generation),
        tip: Some(2),
        last_input: None,
        pending: Some(&pending),
        now: NOW,
        life: LIFE,
    };
    let active = threads.advance(&key(), advance).await.expect("a response");
    assert_eq!(active, None, "the thread waits");
    threads
}

/// Whether the index of open runs lists the thread when the wait has expired.
async fn listed(threads: &Threads) -> bool {
    let part = open_part(&run("r_1"));
    let overdue = threads.overdue(&part, UNTIL + 1).await.expect("a response");
    overdue
        .iter()
        .any(|entry| entry.run_id.is_none() && entry.wake_by == UNTIL)
}

async fn settle(threads: &Threads, pending: &Pending, call: &str) -> Option<Meta> {
    let (generation, call_id) = (meta(threads).await.generation, CallId::trusted(call));
    let settle = Settle {
        generation,
        pending,
        call_id: &call_id,
    };
    threads
        .settle_call(&key(), settle)
        .await
        .expect("a response")
}

async fn settle_last(threads: &Threads, pending: &Pending, call: &str) -> Option<Meta> {
    let (generation, call_id) = (meta(threads).await.generation, CallId::trusted(call));
    let settle = Settle {
        generation,
        pending,
        call_id: &call_id,
    };
    let next = Next {
        run_id: &pending.next_run_id,
        recorded_at: NOW * 1000,
        now: NOW,
        life: LIFE,
    };
    let settled = threads.settle_last_call(&key(), settle, next).await;
    settled.expect("a response")
}

#[tokio::test]
async fn a_thread_that_waits_is_listed_and_outlives_its_wait() {
    let alone = waiting(&["tc_1"], &[]).await;
    let thread = meta(&alone).await;
    assert_eq!(thread.pending, Some(pending(&["tc_1"])));
    assert_eq!(thread.ttl, Some(UNTIL + HOUR));
    assert!(listed(&alone).await);
    let busy = waiting(&["tc_1"], &["r_2"]).await;
    let thread = meta(&busy).await;
    assert_eq!(
        (thread.active(), thread.run_queue.as_slice()),
        (None, &[run("r_2")][..])
    );
    assert_eq!(
        thread.ttl,
        Some(UNTIL + 26 * HOUR),
        "the run begins after the wait"
    );
}

#[tokio::test]
async fn the_last_result_puts_the_run_that_follows_before_the_others() {
    let threads = waiting(&["tc_1", "tc_2"], &["r_2"]).await;
    let both = pending(&["tc_1", "tc_2"]);
    assert_eq!(
        settle_last(&threads, &both, "tc_1").await,
        None,
        "another call is open"
    );
    let left = settle(&threads, &both, "tc_1").await.expect("it waits");
    assert_eq!(
        left.pending.expect("a call").call_ids(),
        [CallId::trusted("tc_2")]
    );
    assert_eq!(
        settle(&threads, &both, "tc_1").await,
        None,
        "it has its result"
    );
    assert_eq!(
        settle(&threads, &both, "tc_2").await,
        None,
        "it is the last one"
    );
    let settled = settle_last(&threads, &both, "tc_2")
        .await
        .expect("it waits");
    assert_eq!(settled.run_queue, [run("r_next"), run("r_2")]);
    assert_eq!(
        (settled.pending.as_ref(), settled.active()),
        (None, Some(&run("r_next")))
    );
    assert!(!listed(&threads).await);
    let repeated = settle_last(&threads, &both, "tc_2").await;
    assert_eq!(repeated, Some(settled), "a request whose response was lost");
}

#[tokio::test]
async fn a_run_is_not_queued_behind_a_wait_unless_it_ends_it() {
    let threads = waiting(&["tc_1"], &["r_2"]).await;
    assert_eq!(append(&threads, "r_3", false, NOW).await, Appended::Waits);
    let known = append(&threads, "r_2", false, NOW).await;
    assert!(
        matches!(
            known,
            Appended::At {
                position: 0,
                ended_wait: false,
                ..
            }
        ),
        "{known:?}"
    );
    let superseded = append(&threads, "r_3", true, NOW).await;
    assert!(
        matches!(&superseded, Appended::At { position: 1, ended_wait: true, meta } if meta.pending.is_none()),
        "{superseded:?}"
    );
    assert!(!listed(&threads).await);
    let repeated = append(&threads, "r_3", true, NOW).await;
    assert!(matches!(
        repeated,
        Appended::At {
            position: 1,
            ended_wait: false,
            ..
        }
    ));
    assert_eq!(
        settle_last(&threads, &pending(&["tc_1"]), "tc_1").await,
        None
    );
}

#[tokio::test]
async fn an_expired_wait_ends_with_the_next_run() {
    let threads = waiting(&["tc_1"], &[]).await;
    assert_eq!(
        append(&threads, "r_2", false, UNTIL - 1).await,
        Appended::Waits
    );
    let appended = append(&threads, "r_2", false, UNTIL).await;
    assert!(
        matches!(
            appended,
            Appended::At {
                position: 0,
                ended_wait: true,
                ..
            }
        ),
        "{appended:?}"
    );
}

#[tokio::test]
async fn a_wait_ends_once() {
    let threads = waiting(&["tc_1"], &["r_2"]).await;
    let other = threads
        .end_wait(&key(), &run("r_0"))
        .await
        .expect("a response");
    assert!(!other.ended, "it waits for another run's calls");
    let ended = threads
        .end_wait(&key(), &run("r_1"))
        .await
        .expect("a response");
    assert!(ended.ended && ended.meta.as_ref().and_then(Meta::active) == Some(&run("r_2")));
    assert!(!listed(&threads).await);
    let again = threads
        .end_wait(&key(), &run("r_1"))
        .await
        .expect("a response");
    assert_eq!((again.ended, again.meta), (false, ended.meta));
}

#[tokio::test]
async fn a_deletion_ends_the_wait() {
    let threads = waiting(&["tc_1"], &[]).await;
    assert!(
        threads
            .delete_thread(&key(), NOW * 1000 + 1)
            .await
            .expect("a response")
    );
    assert_eq!(meta(&threads).await.pending, None);
    assert!(!listed(&threads).await);
}

#[tokio::test]
async fn the_first_result_of_a_call_counts() {
    let threads = waiting(&["tc_1"], &[]).await;
    let (key, call_id) = (key(), CallId::trusted("tc_1"));
    let place = PartPlace {
        key: &key,
        generation: 5,
        call_id: &call_id,
        part: 1,
    };
    let part = |content: &str| ResultPart {
        message_id: MessageId::trusted(format!("m_{content}")),
        outcome: ToolOutcome::Success,
        content: content.to_owned(),
        of: 1,
        asked_by: RunId::trusted("r_1"),
        next_run_id: run("r_next"),
        decision: None,
    };
    let renamed = ResultPart {
        message_id: MessageId::trusted("m_other"),
        ..part("one")
    };
    for (sent, expected) in [
        (part("one"), PartStored::Stored(part("one"))),
        (part("two"), PartStored::Other(part("one"))),
        (renamed, PartStored::Stored(part("one"))),
    ] {
        let stored = threads.put_result_part(place, sent, UNTIL).await;
        assert_eq!(stored.expect("a response"), expected);
    }
    let result = threads
        .call_result(&key, 5, &call_id)
        .await
        .expect("a response");
    assert_eq!(result.expect("a result").content, "one");
    let other = threads.call_result(&key, 6, &call_id).await;
    assert_eq!(other.expect("a response"), None, "another generation");
}
