//! What the operations of one sequence share: a thread in a table of its own, the time, the queue's messages, and
//! what everybody was told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use longwire_agent::ctx::Limits;
use longwire_core::clock::Clock;
use longwire_core::ids::{Owner, RunId, ThreadId};
use longwire_core::thread_key::ThreadKey;
use longwire_queue::Queue;
use longwire_runner::Runner;
use longwire_runner::settings::Settings;
use longwire_scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_stream::settings::Settings as StreamSettings;

use crate::gate::Gate;
use crate::ledger::Ledger;
use crate::model::{NoModel, post, tools};
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
    /// The deployed table of connections, in which no thread of a sequence has one.
    pub connections: String,
    /// A queue that all sequences send to and nobody reads.
    pub queue: String,
}

/// Duration of a lease, in seconds.
pub(crate) const LEASE: u64 = 45;

/// Time for which a thread lives.
pub(crate) const THREAD_TTL: Duration = Duration::from_secs(24 * 3600);

/// Settings of a deployment, without pauses between the attempts of a write.
fn settings() -> Settings {
    Settings {
        system_prompt: String::new(),
        model_id: "none".to_owned(),
        limits: Limits::default(),
        stream: StreamSettings::default(),
        lease: Duration::from_secs(LEASE),
        visibility: Duration::from_secs(60),
        run: Duration::from_secs(2 * 3600),
        poll: Duration::from_millis(500),
        store_pause: Duration::ZERO,
        replay: Duration::from_secs(3600),
        thread_ttl: Some(THREAD_TTL),
    }
}

/// One sequence.
#[derive(Debug)]
pub(crate) struct Case {
    /// The thread.
    pub key: ThreadKey,
    place: Place,
    now: AtomicU64,
    requests: AtomicU64,
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
            requests: AtomicU64::default(),
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

    /// A runner whose requests pass the gate, at the time of the sequence.
    pub(crate) fn runner(self: &Arc<Self>, gate: &Arc<Gate>) -> Runner {
        let (threads, queue) = self.hands(gate);
        let (clock, site) = (Arc::clone(self), &self.place.site);
        let connections = site.dynamodb(Gate::around(gate, site.http()));
        Runner {
            model: Arc::new(NoModel),
            tools: tools(),
            connections: Connections::new(connections, &self.place.connections),
            scheduler: Scheduler::new(threads.clone(), queue.clone()),
            dead_letters: queue.clone(),
            threads,
            queue,
            post: post(),
            clock: Clock::new(move || clock.now()),
            settings: settings(),
        }
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    /// A time in milliseconds that no other request has.
    pub(crate) fn next_millisecond(&self) -> u64 {
        let request = self.requests.fetch_add(1, Ordering::SeqCst);
        self.now() * 1000 + request
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
