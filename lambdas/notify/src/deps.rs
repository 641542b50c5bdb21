//! Clients of the function, built once. They are not connected before the first event, for which nobody waits.

use longwire_core::clock::Clock;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_store::threads::Threads;

use crate::bus::Bus;
use crate::config::Config;

/// Clients of the function.
pub(crate) struct Deps {
    /// Table of threads, with the answers.
    pub threads: Threads,
    /// Event bus of the deployment.
    pub bus: Bus,
    /// Clock of the machine.
    pub clock: Clock,
}

impl Config {
    /// Builds the clients.
    pub(crate) fn connect(self) -> Deps {
        let config = sdk::load_with(CallTimeouts::SHORT);
        let database = aws_sdk_dynamodb::Client::new(&config);
        let events = aws_sdk_eventbridge::Client::new(&config);
        Deps {
            threads: Threads::new(database, self.threads_table),
            bus: Bus::new(events, self.event_bus),
            clock: Clock::system(),
        }
    }
}
