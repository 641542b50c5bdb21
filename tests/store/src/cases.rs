//! Plays many cases in parallel. The transitions and faults of a case depend only on the seed and the number of the
//! case, so that it can be repeated alone.

use std::cell::Cell;
use std::fmt::{self, Display, Formatter};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use proptest_state_machine::ReferenceStateMachine;

use crate::case::{Case, Outcome, clean_up};
use crate::counters::Counters;
use crate::options::Options;
use crate::sequences::Sequences;

/// Most repetitions of a failed case that search for a shorter one.
const MAX_SHRINK_ITERATIONS: u32 = 200;
/// Longest search for a shorter case, in milliseconds.
const MAX_SHRINK_MS: u32 = 120_000;

/// Report on all cases.
#[derive(Default)]
pub(crate) struct Report {
    seed: u64,
    seconds: u64,
    played: u64,
    counters: Counters,
    failures: Vec<String>,
}

impl Report {
    /// Tells whether no case failed.
    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    fn add(&mut self, played: Result<Counters, String>) {
        self.played += 1;
        match played {
            Ok(counters) => self.counters += counters,
            Err(failure) => self.failures.push(failure),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}\n")?;
        }
        let failed = self.failures.len();
        let Self {
            seed,
            seconds,
            played,
            counters,
            ..
        } = self;
        write!(
            f,
            "seed {seed}: {played} cases in {seconds} s, {failed} failed; {counters}"
        )
    }
}

/// Plays all cases. After a failure, which is shrunk first, no further case begins.
pub(crate) fn run(options: &Options) -> anyhow::Result<Report> {
    let began = Instant::now();
    let next = AtomicU64::new(options.case.unwrap_or_default());
    let end = options.case.map_or(options.cases, |case| case + 1);
    let report = Mutex::new(Report {
        seed: options.seed,
        ..Report::default()
    });
    let locked = || report.lock().expect("no panic while it is locked");
    thread::scope(|scope| {
        for _ in 0..options.side_by_side {
            scope.spawn(|| {
                while locked().passed() {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= end {
                        return;
                    }
                    let played = play(options, number);
                    locked().add(played);
                }
            });
        }
    });
    clean_up(options)?;
    let mut report = report.into_inner().expect("no panic while it is locked");
    report.seconds = began.elapsed().as_secs();
    Ok(report)
}

/// Plays the case of this number, and shorter ones if it fails. Returns its counters, or the trace of the shortest
/// case that fails.
fn play(options: &Options, number: u64) -> Result<Counters, String> {
    let counters = Cell::new(Counters::default());
    let sequences = Sequences::sequential_strategy(options.length / 4..=options.length);
    let played = test_runner(options, number).run(&sequences, |(_, transitions, seen)| {
        // Transitions that were not played are removed first when the case is shrunk.
        let on_transition = || {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        };
        let case = Case::set_up(options, number);
        match case.and_then(|case| case.play(&transitions, on_transition)) {
            Ok(Outcome::Passed(passed)) => {
                counters.set(passed);
                Ok(())
            }
            Ok(Outcome::Failed(trace)) => Err(TestCaseError::fail(trace)),
            Err(error) => {
                let failure = format!("the case cannot be played: {error:#}");
                Err(TestCaseError::fail(failure))
            }
        }
    });
    let failure = match played {
        Ok(()) => return Ok(counters.get()),
        Err(TestError::Fail(failure, _) | TestError::Abort(failure)) => failure,
    };
    Err(format!(
        "--seed {} --case {number}\n{failure}",
        options.seed
    ))
}

/// Runner of one case, whose random numbers depend on the seed and the number of the case.
fn test_runner(options: &Options, number: u64) -> TestRunner {
    let config = Config {
        cases: 1,
        max_shrink_iters: MAX_SHRINK_ITERATIONS,
        max_shrink_time: MAX_SHRINK_MS,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&options.seed.to_le_bytes());
    seed[8..16].copy_from_slice(&number.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}
