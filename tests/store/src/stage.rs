//! Where one sequence is played once.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

use crate::case::Place;
use crate::options::Options;
use crate::rest::come_to_rest;
use crate::site::Site;
use crate::tally::Tally;
use crate::transition::Transition;
use crate::verdict::judge;
use crate::world::World;

/// Where one sequence is played once: a table, and all of its processes' threads in one.
pub(crate) struct Stage {
    runtime: Runtime,
    place: Place,
}

/// What came of a sequence.
pub(crate) enum Played {
    /// Everything held.
    Well(Tally),
    /// What happened until something did not hold.
    Badly(String),
}

impl Stage {
    /// For the sequence of this number.
    pub(crate) fn set(options: &Options, number: u64) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let site = Site::new(&options.endpoint);
        let table = format!("store-model-{}-{number}", options.seed);
        let queue = runtime.block_on(async {
            let like = site.describe(&options.like).await?;
            site.create(&table, &like).await?;
            site.queue(&queue_name(options)).await
        });
        let place = Place {
            queue: queue?,
            table,
            connections: options.connections.clone(),
            site,
        };
        Ok(Self { runtime, place })
    }

    /// Plays it to its end, or to the first thing that does not hold. `seen` is called for each transition.
    pub(crate) fn play(self, transitions: &[Transition], mut seen: impl FnMut()) -> Result<Played> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut world = World::new(self.place.clone(), now.context("the clock")?.as_secs());
        let end = self.runtime.block_on(async {
            for transition in transitions {
                seen();
                world.apply(transition.clone()).await;
                if world.is_broken() {
                    break;
                }
            }
            if !world.is_broken() {
                come_to_rest(&mut world).await;
                judge(&world.case).await;
            }
            world.case.look().await
        });
        let table = self.place.site.remove(&self.place.table);
        self.runtime.block_on(table)?;
        let ledger = world.case.ledger();
        Ok(if ledger.broken.is_empty() {
            Played::Well(Tally::of(&ledger, &end))
        } else {
            Played::Badly(ledger.story.join("\n"))
        })
    }
}

/// Takes away what all sequences had in common. What cannot be taken away goes with the emulator.
pub(crate) fn clear(options: &Options) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let site = Site::new(&options.endpoint);
    runtime.block_on(async {
        let queue = site.queue(&queue_name(options)).await?;
        site.remove_queue(&queue).await
    })
}

fn queue_name(options: &Options) -> String {
    format!("store-model-{}", options.seed)
}
