//! What the operations of one sequence share: a thread in a table of its own, the time, the queue's messages, and
//! what everybody was told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use longwire_core::ids::{Owner, RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use longwire_queue::Queue;
use longwire_scheduler::Scheduler;
use longwire_store::threads::Threads;

use crate::gate::Gate;
use crate::ledger::Ledger;
use crate::pool::Pool;
use crate::site::Site;
use crate::snapshot::Snapshot;

/// Where a sequence is played.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The emulator.
    pub site: Site,
    /// The sequence's own table.
    pub table: String,
    /// A queue that all sequences send to and nobody reads.
    pub queue: String,
}

/// One sequence.
#[derive(Debug)]
pub(crate) struct Case {
    /// The thread.
    pub key: ThreadKey,
    place: Place,
    now: AtomicU64,
    pool: Mutex<Pool>,
    ledger: Mutex<Ledger>,
    eye: aws_sdk_dynamodb::Client,
}

/// A run's name. All of them are in one part of the index of open runs.
pub(crate) fn run_name(number: usize) -> RunId {
    RunId::trusted(format!("r{number}{}", 9 - number))
}

/// All names that `run_name` gives; the last one is for the prompt that ends every sequence.
pub(crate) fn run_names() -> impl Iterator<Item = RunId> {
    (0..=9).map(run_name)
}

impl Case {
    /// Begins at `now`, in seconds since 1970.
    pub(crate) fn new(place: Place, now: u64) -> Self {
        Self {
            key: ThreadKey {
                owner: Owner::trusted("somebody"),
                thread_id: ThreadId::trusted("t"),
            },
            now: AtomicU64::new(now),
            pool: Mutex::default(),
            ledger: Mutex::default(),
            eye: place.site.dynamodb(place.site.http()),
            place,
        }
    }

    /// What an operation works with, whose requests go through its gate.
    pub(crate) fn hands(self: &Arc<Self>, gate: &Arc<Gate>) -> (Threads, Queue) {
        let site = &self.place.site;
        let http = Gate::around(gate, site.http());
        (
            Threads::new(site.dynamodb(http.clone()), &self.place.table),
            Queue::new(site.sqs(http), &self.place.queue),
        )
    }

    /// A scheduler whose requests pass the gate.
    pub(crate) fn scheduler(self: &Arc<Self>, gate: &Arc<Gate>) -> Scheduler {
        let (threads, queue) = self.hands(gate);
        Scheduler::new(threads, queue)
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Time passes.
    pub(crate) fn wait(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The queue's messages.
    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().expect("nobody panicked")
    }

    /// What everybody was told.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nobody panicked")
    }

    /// The table as it stands now.
    pub(crate) async fn look(&self) -> Snapshot {
        Snapshot::read(&self.eye, &self.place.table, &self.key).await
    }

    /// For what must see the table without any trouble.
    pub(crate) fn undisturbed(&self) -> Threads {
        Threads::new(self.eye.clone(), &self.place.table)
    }
}
