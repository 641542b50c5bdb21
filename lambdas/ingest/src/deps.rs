//! What the function works with, built once.

use std::time::Duration;

use longwire_core::options::OnGone;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_queue::Queue;
use longwire_scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::connections::rate::Rate;
use longwire_store::threads::Threads;

use crate::config::Config;

/// Time limits of a call to a table or the queue. A request has three seconds, and a start that the queue did not
/// accept is taken back within them.
const TIMEOUTS: CallTimeouts = CallTimeouts {
    attempt: Duration::from_millis(700),
    total: Duration::from_millis(1200),
};

/// What the function works with.
#[derive(Debug)]
pub(crate) struct Deps {
    /// Who is connected.
    pub connections: Connections,
    /// What was said, and what is being said.
    pub threads: Threads,
    /// What wakes workers.
    pub queue: Queue,
    /// What starts runs.
    pub scheduler: Scheduler,
    /// What the deployment decided.
    pub settings: Settings,
}

/// What the deployment decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// What becomes of a run that nobody watches any more, when its client did not say.
    pub on_gone: OnGone,
    /// How long a thread lives after its last use; for ever with `None`.
    pub keep: Option<Duration>,
    /// How long a run's lines can be sent again after its end.
    pub replay: Duration,
    /// How many messages a connection may send.
    pub rate: Rate,
}

impl Config {
    /// Builds what the function works with.
    pub(crate) async fn connect(self) -> Deps {
        let shared = sdk::load_with(TIMEOUTS).await;
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
