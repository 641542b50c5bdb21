//! Clients and settings that all attempts of a process share.

use std::sync::Arc;
use std::time::Duration;

use longwire_agent::model::Model;
use longwire_core::clock::Clock;
use longwire_core::ids::RunId;
use longwire_core::price::Price;
use longwire_core::thread_key::ThreadKey;
use longwire_queue::queue::Queue;
use longwire_repost::read::read_events;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_store::users::Users;
use longwire_stream::post::Post;
use longwire_stream::read::ReadEvents;
use longwire_tools::toolbox::Tools;

use crate::settings::Settings;

/// Runs jobs. Built once per process.
pub struct Runner {
    /// Model that answers.
    pub model: Arc<dyn Model>,
    /// Tools that the model may call.
    pub tools: Arc<Tools>,
    /// Table of threads.
    pub threads: Threads,
    /// Table of connections.
    pub connections: Connections,
    /// Table of users, with their budgets.
    pub users: Users,
    /// System prompt of the deployment.
    pub system_prompt: String,
    /// Price of the model; `None` when it is not known.
    pub price: Option<Price>,
    /// Queue of jobs.
    pub queue: Queue,
    /// Dead-letter queue, for the jobs of runs that were given up.
    pub dead_letters: Queue,
    /// Scheduler over the same table and queue.
    pub scheduler: Scheduler,
    /// Posts a frame to a connection.
    pub post: Post,
    /// Wall clock.
    pub clock: Clock,
    /// Settings of the deployment.
    pub settings: Settings,
}

impl Runner {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.clock.unix_seconds()
    }

    /// Reads the event log of a run, for subscribers that need older events.
    pub(crate) fn read_events(&self, key: &ThreadKey, run_id: &RunId) -> ReadEvents {
        read_events(&self.threads, &self.clock, key, run_id)
    }

    /// Longest wait for subscribers that are slow: as long as a subscriber may take no frame at all.
    pub(crate) fn drain_timeout(&self) -> Duration {
        self.settings.stream.stuck_after + self.settings.stream.post_timeout
    }
}
