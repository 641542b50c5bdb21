//! Thread with one run, in a table of the emulator.

use std::time::Duration;

use emulator::Emulator;
use longwire_core::ids::MessageId;
use longwire_core::options::{IfBusy, Notify, OnGone};
use longwire_core::origin::Origin;
use longwire_store::item::Item;
use longwire_store::threads::Threads;
use longwire_store::threads::claim::ClaimOutcome;
use longwire_store::threads::keys;
use longwire_store::threads::lease::RunLease;
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::record::NewRun;
use longwire_store::threads::run_queue::Append;
use longwire_store::threads::transition::Claimant;

use super::scripted::{key, run_id};

/// Time of all requests, in seconds since 1970.
pub(super) const NOW: u64 = 1_763_681_477;

/// Name of the table.
pub(super) const TABLE: &str = "threads";

/// Thread with one run.
pub(super) struct Thread {
    pub(super) emulator: Emulator,
    pub(super) threads: Threads,
}

impl Thread {
    /// Records a run.
    pub(super) async fn with_start(run: &NewRun) -> Self {
        let emulator = Emulator::threads();
        let threads = Threads::new(emulator.client(), TABLE);
        assert_eq!(threads.record(run).await.expect("a table"), None);
        Self { emulator, threads }
    }

    /// Records a run and appends it to the run queue.
    pub(super) async fn with_run(run: &NewRun) -> Self {
        let thread = Self::with_start(run).await;
        let append = Append {
            run_id: &run.run_id,
            recorded_at: run.recorded_at,
            supersede: false,
            max: 20,
            now: NOW,
            life: run.life,
        };
        let appended = thread.threads.append(&key(), append).await;
        appended.expect("a table");
        thread
    }

    /// Item of the thread under this sort key.
    pub(super) async fn item(&self, sort: String) -> Item {
        let get = self.emulator.client().get_item().table_name(TABLE);
        let get = get.set_key(Some(keys::item(&key(), sort)));
        let output = get.send().await.expect("a table");
        output.item.expect("the item exists")
    }

    /// Generation of the thread.
    pub(super) async fn generation(&self) -> u64 {
        let meta = self.threads.meta(&key(), NOW).await.expect("a table");
        meta.expect("the thread exists").generation
    }

    /// Claims the queued run.
    pub(super) async fn claim(&self) -> RunLease {
        let claimant = Claimant {
            id: "me",
            now: NOW,
            until: NOW + 45,
        };
        let claimed = self.threads.claim(&key(), &run_id(), claimant).await;
        let ClaimOutcome::Claimed(row, _) = claimed.expect("a table") else {
            panic!("the run is queued")
        };
        RunLease {
            threads: self.threads.clone(),
            key: key(),
            run_id: run_id(),
            owner: "me".to_owned(),
            epoch: row.epoch,
            generation: self.generation().await,
        }
    }
}

/// Plain run without a subscriber.
pub(super) fn new_run() -> NewRun {
    NewRun {
        key: key(),
        run_id: run_id(),
        message_id: MessageId::trusted("u_1"),
        reserves_id: false,
        prompt: "Well?".to_owned(),
        context: Vec::new(),
        after: None,
        tools: Vec::new(),
        state: serde_json::Map::new(),
        supersede: false,
        event: None,
        origin: Origin::User,
        reasoning: false,
        if_busy: IfBusy::Queue,
        on_gone: OnGone::Finish,
        notify: Notify::None,
        payer: None,
        subscriber: None,
        now: NOW,
        recorded_at: NOW * 1000,
        life: ThreadLife {
            ttl: None,
            run_limit: Duration::from_secs(3600),
        },
    }
}
