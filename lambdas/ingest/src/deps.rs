//! Dependencies of the function, built once.

use std::time::Duration;

use anyhow::Result;
use longwire_identity::verifier::Verifier;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_store::users::Users;

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
    /// Table of users, with the tickets.
    pub users: Users,
    /// Verifier of the tokens with which connections are renewed; `None` without an issuer.
    pub verifier: Option<Verifier>,
    /// Queue of connection jobs, for the function `replay`.
    pub replays: Queue,
    /// Queue of pushes, for the function `push`.
    pub pushes: Queue,
    /// Scheduler of runs, over the table of threads and the queue.
    pub scheduler: Scheduler,
    /// Settings of the deployment.
    pub settings: Settings,
}

impl Config {
    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Result<Deps> {
        let shared = sdk::load_with(TIMEOUTS);
        let database = aws_sdk_dynamodb::Client::new(&shared);
        let threads = Threads::new(database.clone(), self.threads_table);
        let queues = aws_sdk_sqs::Client::new(&shared);
        let queue = Queue::new(queues.clone(), self.queue_url);
        let verifier = self.issuer.map(Verifier::new).transpose()?;
        let keys = async {
            if let Some(verifier) = &verifier {
                verifier.warm_up().await;
            }
        };
        warm_up(async { tokio::join!(threads.warm_up(), queue.warm_up(), keys) }).await;
        Ok(Deps {
            connections: Connections::new(database.clone(), self.connections_table),
            users: Users::new(database, self.users_table),
            verifier,
            scheduler: Scheduler::new(threads.clone(), queue),
            threads,
            replays: Queue::new(queues.clone(), self.replay_queue_url),
            pushes: Queue::new(queues, self.push_queue_url),
            settings: self.settings,
        })
    }
}
