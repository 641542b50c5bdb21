//! What the function works with, built once.

use std::time::Duration;

use longwire_lambda::sdk;
use longwire_queue::Queue;
use longwire_scheduler::Scheduler;
use longwire_store::threads::Threads;

use crate::config::Config;

/// The most one try of a call may take, and all its tries together.
const CALL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

/// What the function works with.
#[derive(Debug)]
pub(crate) struct Deps {
    /// The runs.
    pub threads: Threads,
    /// What wakes workers.
    pub scheduler: Scheduler,
}

impl Config {
    /// Builds what the function works with.
    pub(crate) async fn connect(self) -> Deps {
        let shared = sdk::quick(&sdk::load().await, CALL.0, CALL.1);
        let threads = Threads::new(aws_sdk_dynamodb::Client::new(&shared), self.threads_table);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&shared), self.queue_url);
        Deps {
            scheduler: Scheduler::new(threads.clone(), queue),
            threads,
        }
    }
}
