//! Clients of the function.

use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::Threads;

use crate::config::Config;

/// Clients of the function.
#[derive(Debug)]
pub(crate) struct Deps {
    /// Table of threads, for the index of open runs.
    pub threads: Threads,
    /// Scheduler that moves overdue runs.
    pub scheduler: Scheduler,
}

impl Config {
    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Deps {
        let config = sdk::load_with(CallTimeouts::SHORT);
        let threads = Threads::new(aws_sdk_dynamodb::Client::new(&config), self.threads_table);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&config), self.queue_url);
        warm_up(async { tokio::join!(threads.warm_up(), queue.warm_up()) }).await;
        Deps {
            scheduler: Scheduler::new(threads.clone(), queue),
            threads,
        }
    }
}
