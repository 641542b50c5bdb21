//! Playing many sequences side by side. Each has a seed of its own, made of the seed and its number, so that one
//! can be played again alone.

use std::cell::Cell;
use std::fmt::{self, Display, Formatter};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use proptest_state_machine::ReferenceStateMachine;

use crate::options::Options;
use crate::stage::{Played, Stage, clear};
use crate::tally::Tally;
use crate::transition::Sequences;

/// How often a sequence that fails is played again to make it shorter.
const SHRINK: u32 = 200;

/// What came of all sequences.
#[derive(Default)]
pub(crate) struct Report {
    seed: u64,
    seconds: u64,
    played: u64,
    tally: Tally,
    failed: Vec<String>,
}

impl Report {
    /// Whether everything held.
    pub(crate) fn passed(&self) -> bool {
        self.failed.is_empty()
    }

    fn add(&mut self, came_of_it: Result<Tally, String>) {
        self.played += 1;
        match came_of_it {
            Ok(tally) => self.tally += tally,
            Err(why) => self.failed.push(why),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for failed in &self.failed {
            writeln!(f, "{failed}\n")?;
        }
        let failed = self.failed.len();
        let Self {
            seed,
            seconds,
            played,
            tally,
            ..
        } = self;
        write!(
            f,
            "seed {seed}: {played} sequences in {seconds} s, {failed} failed; {tally}"
        )
    }
}

/// Plays them all. After one that fails, which is made shorter first, no more are begun.
pub(crate) fn run(options: &Options) -> anyhow::Result<Report> {
    let began = Instant::now();
    let next = AtomicU64::new(options.case.unwrap_or_default());
    let end = options.case.map_or(options.cases, |case| case + 1);
    let report = Mutex::new(Report {
        seed: options.seed,
        ..Report::default()
    });
    let locked = || report.lock().expect("nobody panicked");
    thread::scope(|scope| {
        for _ in 0..options.side_by_side {
            scope.spawn(|| {
                while locked().passed() {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= end {
                        return;
                    }
                    let came_of_it = play(options, number);
                    locked().add(came_of_it);
                }
            });
        }
    });
    clear(options)?;
    let mut report = report.into_inner().expect("nobody panicked");
    report.seconds = began.elapsed().as_secs();
    Ok(report)
}

/// Plays one, and shorter ones of its kind if it fails. Tells what went wrong.
fn play(options: &Options, number: u64) -> Result<Tally, String> {
    let tally = Cell::new(Tally::default());
    let sequences = Sequences::sequential_strategy(options.length / 4..=options.length);
    let played = runner(options, number).run(&sequences, |(_, transitions, seen)| {
        let seen = || {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        };
        let stage = Stage::set(options, number);
        match stage.and_then(|stage| stage.play(&transitions, seen)) {
            Ok(Played::Well(well)) => tally.set(well),
            Ok(Played::Badly(story)) => return Err(TestCaseError::fail(story)),
            Err(error) => {
                return Err(TestCaseError::fail(format!(
                    "it cannot be played: {error:#}"
                )));
            }
        }
        Ok(())
    });
    let why = match played {
        Ok(()) => return Ok(tally.get()),
        Err(TestError::Fail(why, _) | TestError::Abort(why)) => why,
    };
    Err(format!("--seed {} --case {number}\n{why}", options.seed))
}

/// Draws the sequence of this number.
fn runner(options: &Options, number: u64) -> TestRunner {
    let config = Config {
        cases: 1,
        max_shrink_iters: SHRINK,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&options.seed.to_le_bytes());
    seed[8..16].copy_from_slice(&number.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}
