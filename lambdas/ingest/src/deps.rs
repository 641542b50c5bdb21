//! Dependencies of the function, built once.

use std::time::Duration;

use longwire_lambda::sdk;
use longwire_queue::Queue;
use longwire_scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;

use crate::config::Config;
use crate::settings::Settings;

/// The most one try of a call may take, and all its tries together: within a message's three seconds there
/// must be time left to take a start back that the queue did not accept.
const CALL: (Duration, Duration) = (Duration::from_millis(700), Duration::from_millis(1200));

/// Dependencies of the function.
#[derive(Debug)]
pub(crate) struct Deps {
    /// Table of connections.
    pub connections: Connections,
    /// Table of threads.
    pub threads: Threads,
    /// Queue of jobs.
    pub queue: Queue,
    /// Scheduler of runs, over the table of threads and the queue.
    pub scheduler: Scheduler,
    /// Settings of the deployment.
    pub settings: Settings,
}

impl Config {
    /// Builds the clients.
    pub(crate) async fn connect(self) -> Deps {
        let shared = sdk::quick(&sdk::load().await, CALL.0, CALL.1);
        let database = aws_sdk_dynamodb::Client::new(&shared);
        let threads = Threads::new(database.clone(), self.threads_table);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&shared), self.queue_url);
        Deps {
            connections: Connections::new(database, self.connections_table),
            scheduler: Scheduler::new(threads.clone(), queue.clone()),
            threads,
            queue,
            settings: self.settings,
        }
    }
}
