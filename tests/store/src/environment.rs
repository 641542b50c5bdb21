//! State that the operations of a case share: thread, resources, clock, queue messages and observations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use longwire_core::ids::{Owner, ThreadId};
use longwire_core::thread_key::ThreadKey;
use longwire_store::threads::Threads;
use longwire_store::threads::life::ThreadLife;

use crate::emulator::Emulator;
use crate::observations::Observations;
use crate::queue_messages::{QueueMessage, QueueMessages};
use crate::snapshot::Snapshot;

/// Lifetime of threads.
pub(crate) const THREAD_LIFE: ThreadLife = ThreadLife {
    ttl: Some(Duration::from_secs(12 * 3600)),
    run_limit: Duration::from_secs(2 * 3600),
};

/// Emulator, tables and queue of a case.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    /// Emulator of DynamoDB and SQS.
    pub emulator: Emulator,
    /// Name of the table of threads, which belongs to this case alone.
    pub threads: String,
    /// Name of the deployed table of connections. The threads of cases have none.
    pub connections: String,
    /// URL of the queue that all cases send to. Its messages are not received.
    pub queue: String,
    /// The emulator is that of a stack, where the table of threads is deleted after the case.
    pub shared: bool,
}

/// Environment of the operations of a case.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Thread of the case.
    pub key: ThreadKey,
    /// Emulator, tables and queue.
    pub resources: Resources,
    /// Simulated time, in milliseconds since 1970.
    now: AtomicU64,
    queue_messages: Mutex<QueueMessages>,
    observations: Mutex<Observations>,
    /// Client whose requests meet no faults.
    direct: Client,
}

impl Environment {
    /// Creates the environment of a case that begins at `now`, in seconds since 1970.
    pub(crate) fn new(resources: Resources, now: u64) -> Self {
        Self {
            key: ThreadKey {
                owner: Owner::trusted("somebody"),
                thread_id: ThreadId::trusted("t"),
            },
            now: AtomicU64::new(now * 1000),
            queue_messages: Mutex::default(),
            observations: Mutex::default(),
            direct: resources.emulator.dynamodb(resources.emulator.http()),
            resources,
        }
    }

    /// Simulated time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.now_millis() / 1000
    }

    /// Simulated time, in milliseconds since 1970.
    pub(crate) fn now_millis(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Time of a client's request, in milliseconds since 1970. Each request has another one.
    pub(crate) fn request_time(&self) -> u64 {
        self.now.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Moves the simulated clock.
    pub(crate) fn advance_clock(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Messages sent to the queue.
    pub(crate) fn queue_messages(&self) -> MutexGuard<'_, QueueMessages> {
        self.queue_messages
            .lock()
            .expect("no panic while it is locked")
    }

    /// Chooses one of the messages that are visible now; see [`QueueMessages::choose`].
    pub(crate) fn choose_message(&self, choice: usize, redelivery: bool) -> Option<QueueMessage> {
        self.queue_messages().choose(choice, self.now(), redelivery)
    }

    /// Observations of the case.
    pub(crate) fn observations(&self) -> MutexGuard<'_, Observations> {
        self.observations
            .lock()
            .expect("no panic while it is locked")
    }

    /// Reads the state of the thread, without faults.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        Snapshot::read(&self.direct, &self.resources.threads, &self.key).await
    }

    /// Table of threads whose requests meet no faults.
    pub(crate) fn direct_threads(&self) -> Threads {
        Threads::new(self.direct.clone(), &self.resources.threads)
    }
}
