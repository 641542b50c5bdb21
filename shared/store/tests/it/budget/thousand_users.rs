//! A thousand users on a simulated clock, with random runs, crashes and faults: no limit is exceeded.
//!
//! Each operation of the store makes its requests when the play lets it, so that those of other runs come in between. After
//! each request the item of the user is compared with plain sums, and each refusal and each excess is checked.
//!
//! `BUDGET_SEED` repeats a play, `BUDGET_USERS` and `BUDGET_ROUNDS` set its size.

use std::env;
use std::io::{Write, stdout};
use std::time::Instant;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::choices;
use super::expected::Check;
use super::player::Player;
use super::world::World;

/// Users that have runs at the same time.
const AT_A_TIME: usize = 8;
/// Steps of a user in a round after which no run begins, about one request each.
const STEPS: usize = 10;
/// Time after which all reservations have expired, in seconds.
const ALL_EXPIRED: u64 = 2 * 3_600;

#[tokio::test(start_paused = true)]
async fn a_thousand_users_stay_within_their_limits() {
    let seed = number_of("BUDGET_SEED").unwrap_or_else(rand::random);
    let users = number_of("BUDGET_USERS").unwrap_or(1_000);
    let rounds = number_of("BUDGET_ROUNDS").unwrap_or(2);
    let began = Instant::now();
    let mut world = World::new(seed);
    let played = play(&mut world, users, rounds).await;
    world.report.days = world.days();
    let seconds = began.elapsed().as_secs();
    let report = format!("BUDGET_SEED={seed}, {seconds} s\n{}", world.report);
    if let Err(violation) = played {
        panic!("{violation}\n{report}");
    }
    writeln!(stdout(), "{report}").expect("an output");
}

async fn play(world: &mut World, users: u64, rounds: u64) -> Check {
    let mut players = Vec::new();
    for number in 1..=users {
        players.push(Player::new(world, number));
    }
    for _ in 0..rounds {
        players.shuffle(&mut world.rng);
        for group in players.chunks_mut(AT_A_TIME) {
            world.clock = choices::later(&mut world.rng, world.clock);
            play_together(world, group).await?;
        }
    }
    world.clock += ALL_EXPIRED;
    for player in &mut players {
        let checked = player.check_end(world).await;
        checked.map_err(|violation| player.name(&violation))?;
    }
    Ok(())
}

async fn play_together(world: &mut World, group: &mut [Player]) -> Check {
    let mut steps = STEPS * group.len();
    while steps > 0 || !group.iter().all(Player::is_idle) {
        world.clock = choices::a_little_later(&mut world.rng, world.clock);
        let at = world.rng.random_range(0..group.len());
        let player = &mut group[at];
        let stepped = match steps {
            0 => player.finish(world).await,
            _ => player.step(world).await,
        };
        stepped.map_err(|violation| player.name(&violation))?;
        steps = steps.saturating_sub(1);
    }
    Ok(())
}

fn number_of(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}
