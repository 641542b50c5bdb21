//! Clients of the function, built once.

use longwire_core::clock::Clock;
use longwire_core::ids::ConnectionId;
use longwire_gateway::close::{CloseError, close};
use longwire_gateway::post;
use longwire_gateway::warm_up::connections;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::warm_up::warm_up;
use longwire_queue::queue::Queue;
use longwire_repost::reposter::Reposter;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_stream::settings::Settings;

use crate::config::Config;

/// Clients of the function.
pub(crate) struct Deps {
    /// Table of connections.
    pub connections: Connections,
    /// Queue of connection jobs.
    pub queue: Queue,
    /// Posts the events of ended runs. It has the table of threads, the post function and the clock.
    pub reposter: Reposter,
    /// Client of `@connections`, for closing a connection.
    pub gateway: aws_sdk_apigatewaymanagement::Client,
}

impl Deps {
    /// Closes a connection.
    pub(crate) async fn close(&self, connection: &ConnectionId) -> Result<(), CloseError> {
        close(&self.gateway, connection).await
    }
}

impl Config {
    /// Builds and connects the clients.
    pub(crate) async fn connect(self) -> Deps {
        // The stream and `close` limit the time of each request to `@connections` themselves.
        let unlimited = sdk::load();
        let limited = CallTimeouts::LONG.limit(&unlimited);
        let database = aws_sdk_dynamodb::Client::new(&limited);
        let settings = Settings::default();
        let gateway = post::client(&unlimited, &self.callback_endpoint, settings.post_timeout);
        let threads = Threads::new(database.clone(), self.threads_table);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&limited), self.replay_queue_url);
        let requests =
            async { tokio::join!(threads.warm_up(), queue.warm_up(), connections(&gateway)) };
        warm_up(requests).await;
        Deps {
            connections: Connections::new(database, self.connections_table),
            queue,
            reposter: Reposter {
                threads,
                post: post::post(gateway.clone()),
                clock: Clock::system(),
                settings,
            },
            gateway,
        }
    }
}
