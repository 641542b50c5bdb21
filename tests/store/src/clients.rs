//! Clients of the code under test, whose requests pass a fault injector.

use std::sync::Arc;
use std::time::Duration;

use longwire_agent::ctx::Limits;
use longwire_core::clock::Clock;
use longwire_queue::queue::Queue;
use longwire_runner::runner::Runner;
use longwire_runner::settings::Settings;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_store::users::Users;
use longwire_stream::settings::Settings as StreamSettings;

use crate::environment::{Environment, THREAD_LIFE};
use crate::fault_injector::FaultInjector;
use crate::intercepting_client::intercepted;
use crate::stubs::{NoModel, post, tools};

/// Duration of a lease, in seconds.
const LEASE: u64 = 45;

impl Environment {
    /// Table of threads and queue, with requests that pass the fault injector.
    pub(crate) fn clients(&self, injector: &Arc<FaultInjector>) -> (Threads, Queue) {
        let emulator = &self.resources.emulator;
        let http = intercepted(injector, emulator.http());
        (
            Threads::new(emulator.dynamodb(http.clone()), &self.resources.threads),
            Queue::new(emulator.sqs(http), &self.resources.queue),
        )
    }

    /// Scheduler whose requests pass the fault injector.
    pub(crate) fn scheduler(&self, injector: &Arc<FaultInjector>) -> Scheduler {
        let (threads, queue) = self.clients(injector);
        Scheduler::new(threads, queue)
    }

    /// Runner whose requests pass the fault injector, on the simulated clock.
    pub(crate) fn runner(self: &Arc<Self>, injector: &Arc<FaultInjector>) -> Runner {
        let (threads, queue) = self.clients(injector);
        let (clock, emulator) = (Arc::clone(self), &self.resources.emulator);
        let connections = emulator.dynamodb(intercepted(injector, emulator.http()));
        Runner {
            model: Arc::new(NoModel),
            tools: tools(),
            users: Users::new(connections.clone(), "users"),
            system_prompt: String::new(),
            price: None,
            connections: Connections::new(connections, &self.resources.connections),
            scheduler: Scheduler::new(threads.clone(), queue.clone()),
            dead_letters: queue.clone(),
            threads,
            queue,
            post: post(),
            clock: Clock::new(move || clock.now_millis()),
            settings: settings(),
        }
    }
}

/// Settings of a deployment, without pauses between the attempts of a write.
fn settings() -> Settings {
    Settings {
        model_id: "none".to_owned(),
        limits: Limits::default(),
        stream: StreamSettings::default(),
        lease: Duration::from_secs(LEASE),
        visibility: Duration::from_secs(60),
        poll: Duration::from_millis(500),
        store_pause: Duration::ZERO,
        replay: Duration::from_secs(3600),
        answer_time: Duration::from_secs(3600),
        life: THREAD_LIFE,
    }
}
