//! Runs a target for some time.

use std::fmt::Debug;
use std::time::Instant;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

use crate::MEMORY;
use crate::options::Options;

/// Inputs between two looks at the clock.
const SLICE: u32 = 500;

/// Gives inputs to `target` until the time is up. Prints what was done, and returns whether every input passed.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) fn run<T: Debug>(
    name: &str,
    options: &Options,
    inputs: &impl Strategy<Value = T>,
    target: impl Fn(T) -> TestCaseResult,
) -> bool {
    let started = Instant::now();
    let mut slices = 0_u32;
    while started.elapsed() < options.time() || slices == 0 {
        let config = Config {
            cases: SLICE,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, rng(options.seed, slices));
        if let Err(error) = runner.run(inputs, &target) {
            println!("{name}: FAILED with seed {}: {error}", options.seed);
            return false;
        }
        slices += 1;
    }
    println!(
        "{name}: {} inputs in {} s, seed {}",
        u64::from(slices) * u64::from(SLICE),
        started.elapsed().as_secs(),
        options.seed
    );
    true
}

fn rng(seed: u64, slice: u32) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&slice.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// Runs `work` and returns its result with the memory that it needed at most beyond what was in use, in bytes.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}
