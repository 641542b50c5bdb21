//! Letting everything come to rest, without any trouble. Nothing but messages may be needed for that when nothing
//! was lost; what was lost is found by a sweep, or by the next prompt.

use longwire_core::options::IfBusy;

use crate::case::run_name;
use crate::ingest::{start, sweep};
use crate::transition::Work;
use crate::world::World;

/// Past every `wakeBy`, in seconds.
const OVERDUE: u64 = 310;

/// Sweeps that find nothing to do, after which none will.
const FRUITLESS: usize = 2;

/// More rounds than anything may need.
const ROUNDS: usize = 400;

/// The number of the run that is prompted at the end.
pub(crate) const LAST: usize = 9;

/// Lets everything come to rest, and prompts once more.
pub(crate) async fn come_to_rest(world: &mut World) {
    world.all_go_on().await;
    settle(world).await;
    let last = run_name(LAST);
    // One that puts up with nobody, and comes again as a person would.
    for _ in 0..3 {
        world.case.ledger().story.push("The last prompt".to_owned());
        let prompt = start(&world.case, &last, IfBusy::Reject, Vec::new());
        world.go(prompt).await;
        settle(world).await;
        if world.case.ledger().acknowledged.contains(&last) {
            return;
        }
    }
    world
        .case
        .ledger()
        .breaks("the thread takes no prompt".to_owned());
}

async fn settle(world: &mut World) {
    world
        .case
        .ledger()
        .story
        .push("Everything comes to rest".to_owned());
    let mut fruitless = 0;
    for _ in 0..ROUNDS {
        let now = world.case.now();
        let message = world.case.pool().choose(0, now, false);
        if let Some(message) = message {
            world.deliver(message, Work::plain(), Vec::new()).await;
            continue;
        }
        let next = world.case.pool().next();
        if let Some(ready) = next {
            world.wait(ready - now);
            continue;
        }
        if fruitless == FRUITLESS || world.case.look().await.at_rest() {
            return;
        }
        if !world.case.ledger().troubled {
            world
                .case
                .ledger()
                .breaks("a wake-up was lost, although nothing else was".to_owned());
            return;
        }
        fruitless += 1;
        world.wait(OVERDUE);
        let sweep = sweep(&world.case, Vec::new());
        world.go(sweep).await;
    }
    world
        .case
        .ledger()
        .breaks("it never comes to rest".to_owned());
}
