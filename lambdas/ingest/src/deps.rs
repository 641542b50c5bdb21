//! Dependencies of the function, built once.

use std::time::Duration;

use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;

use crate::config::Config;
use crate::settings::Settings;

/// Time limits of a call to a table or the queue. A request has three seconds, and a start that the queue did not
/// accept is taken back within them.
const TIMEOUTS: CallTimeouts = CallTimeouts {
    attempt: Duration::from_millis(700),
    total: Duration::from_millis(1200),
};

/// Dependencies of the function.
#[derive(Debug)]
pub(crate) struct Deps {
    /// Table of connections.
    pub connections: Connections,
    /// Table of threads.
    pub threads: Threads,
    /// Queue of connection jobs, for the function `replay`.
    pub replays: Queue,
    /// Scheduler of runs, over the table of threads and the queue.
    pub scheduler: Scheduler,
    /// Settings of the deployment.
    pub settings: Settings,
}

impl Config {
    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Deps {
        let shared = sdk::load_with(TIMEOUTS);
        let database = aws_sdk_dynamodb::Client::new(&shared);
        let threads = Threads::new(database.clone(), self.threads_table);
        let queues = aws_sdk_sqs::Client::new(&shared);
        let queue = Queue::new(queues.clone(), self.queue_url);
        warm_up(async { tokio::join!(threads.warm_up(), queue.warm_up()) }).await;
        Deps {
            connections: Connections::new(database, self.connections_table),
            scheduler: Scheduler::new(threads.clone(), queue),
            threads,
            replays: Queue::new(queues, self.replay_queue_url),
            settings: self.settings,
        }
    }
}
