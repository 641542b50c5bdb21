//! The clients, built once.

use std::time::Duration;

use longwire_lambda::sdk;
use longwire_store::connections::Connections;

use crate::config::Config;

/// The most one try of a call may take, and all its tries together.
const STORE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

impl Config {
    /// Builds what the function works with.
    pub(crate) async fn connect(self) -> Connections {
        let shared = sdk::quick(&sdk::load().await, STORE.0, STORE.1);
        Connections::new(
            aws_sdk_dynamodb::Client::new(&shared),
            self.connections_table,
        )
    }
}
