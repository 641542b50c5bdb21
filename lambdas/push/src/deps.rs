//! Clients of the function, built once.

use std::time::Duration;

use longwire_core::clock::Clock;
use longwire_core::rooms::Rooms;
use longwire_gateway::post;
use longwire_gateway::warm_up::connections;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_store::users::Users;
use longwire_stream::post::Post;

use crate::config::Config;
use crate::settings::Settings;

/// Time limit of one post.
pub(crate) const POST_LIMIT: Duration = Duration::from_secs(5);

/// Clients of the function.
pub(crate) struct Deps {
    /// Table of connections.
    pub connections: Connections,
    /// Table of users, with their inboxes.
    pub users: Users,
    /// Table of threads.
    pub threads: Threads,
    /// Scheduler of runs, over the table of threads and the queue.
    pub scheduler: Scheduler,
    /// Posts a frame once.
    pub post: Post,
    /// Queue of the function itself.
    pub pushes: Queue,
    /// Rooms, and the groups that may be in them.
    pub rooms: Rooms,
    /// Clock of the machine.
    pub clock: Clock,
    /// Settings of the deployment.
    pub settings: Settings,
}

impl Config {
    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Deps {
        let unlimited = sdk::load();
        let limited = CallTimeouts::LONG.limit(&unlimited);
        let database = aws_sdk_dynamodb::Client::new(&limited);
        let table = Connections::new(database.clone(), self.connections_table);
        let threads = Threads::new(database.clone(), self.threads_table);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&limited), self.queue_url);
        let gateway = post::client(&unlimited, &self.callback_endpoint, POST_LIMIT);
        warm_up(async { tokio::join!(table.warm_up_get(), connections(&gateway)) }).await;
        Deps {
            connections: table,
            users: Users::new(database, self.users_table),
            scheduler: Scheduler::new(threads.clone(), queue),
            threads,
            post: post::post(gateway),
            pushes: Queue::new(aws_sdk_sqs::Client::new(&limited), self.push_queue_url),
            rooms: self.rooms,
            clock: Clock::system(),
            settings: self.settings,
        }
    }
}
