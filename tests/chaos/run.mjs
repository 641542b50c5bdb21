// Runs the chaos test on a stack of its own:
//
//   node chaos/run.mjs [--seconds N] [--threads N] [--seed S]
//
// Default: two minutes, ten threads, a random seed. More than ten threads raise the emulator's concurrency.

import { onBrittle } from '../harness/suites.mjs';
import { options } from './options.mjs';

const words = process.argv.slice(2);
try {
  // The seed is drawn here, so that it is printed also when the stack does not start.
  const { seconds, threads, seed } = options(words);
  console.log(`chaos: --seconds ${seconds} --threads ${threads} --seed ${seed}`);
  const chosen = ['--seconds', seconds, '--threads', threads, '--seed', seed].map(String);
  const concurrency = threads > 10 ? Math.max(40, threads + 10) : undefined;
  const passed = await onBrittle(['chaos/chaos.test.mjs'], { CHAOS_OPTIONS: JSON.stringify(chosen) }, concurrency);
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(`error: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
