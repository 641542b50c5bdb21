//! One case: a sequence of transitions, played once on a thread in a table of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

use crate::completion::complete;
use crate::counters::Counters;
use crate::emulator::Emulator;
use crate::environment::Resources;
use crate::final_state::check_final_state;
use crate::memory::{CONNECTIONS, QUEUE, THREADS};
use crate::options::Options;
use crate::system::System;
use crate::transition::Transition;

/// Resources of one case, and the single-threaded runtime on which all its processes are simulated.
pub(crate) struct Case {
    runtime: Runtime,
    resources: Resources,
}

/// Outcome of a case.
pub(crate) enum Outcome {
    /// No invariant was violated.
    Passed(Counters),
    /// An invariant was violated; the trace of the case.
    Failed(String),
}

impl Case {
    /// Creates the resources of the case of this number.
    pub(crate) fn set_up(options: &Options, number: u64) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let Some(endpoint) = &options.endpoint else {
            let resources = Resources {
                emulator: Emulator::in_memory(),
                threads: THREADS.to_owned(),
                connections: CONNECTIONS.to_owned(),
                queue: QUEUE.to_owned(),
                shared: false,
            };
            return Ok(Self { runtime, resources });
        };
        let emulator = Emulator::new(endpoint);
        let threads = format!("store-model-{}-{number}", options.seed);
        let queue = runtime.block_on(async {
            let like = emulator.describe_table(&options.like).await?;
            emulator.create_table(&threads, &like).await?;
            emulator.create_queue(&queue_name(options)).await
        });
        let resources = Resources {
            queue: queue?,
            threads,
            connections: options.connections.clone(),
            emulator,
            shared: true,
        };
        Ok(Self { runtime, resources })
    }

    /// Plays the transitions until the end or the first violation, and deletes the table. Calls `on_transition`
    /// before each transition.
    pub(crate) fn play(
        self,
        transitions: &[Transition],
        mut on_transition: impl FnMut(),
    ) -> Result<Outcome> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.context("reading the clock")?.as_secs();
        let mut system = System::new(self.resources.clone(), now);
        let end = self.runtime.block_on(async {
            for transition in transitions {
                on_transition();
                system.apply(transition.clone()).await;
                if system.has_violations() {
                    break;
                }
            }
            if !system.has_violations() {
                complete(&mut system).await;
                check_final_state(&system.environment).await;
            }
            system.environment.snapshot().await
        });
        let Resources {
            emulator,
            threads,
            shared,
            ..
        } = &self.resources;
        if *shared {
            self.runtime.block_on(emulator.delete_table(threads))?;
        }
        let observations = system.environment.observations();
        Ok(if observations.violations.is_empty() {
            Outcome::Passed(Counters::of(&observations, &end))
        } else {
            Outcome::Failed(observations.trace.join("\n"))
        })
    }
}

/// Deletes the queue that all cases share.
pub(crate) fn clean_up(options: &Options) -> Result<()> {
    let Some(endpoint) = &options.endpoint else {
        return Ok(());
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let emulator = Emulator::new(endpoint);
    runtime.block_on(async {
        let queue = emulator.create_queue(&queue_name(options)).await?;
        emulator.delete_queue(&queue).await
    })
}

fn queue_name(options: &Options) -> String {
    format!("store-model-{}", options.seed)
}
