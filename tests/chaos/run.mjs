// Random blows against a stack of its own, for as long as one likes:
//
//   node chaos/run.mjs [--seconds N] [--threads N] [--seed S]
//
// Two minutes over ten threads unless said; more threads than ten raise the emulator's concurrency.

import { onBrittle } from '../harness/suites.mjs';
import { options } from './options.mjs';

const words = process.argv.slice(2);
try {
  // Fixed here, so that it is printed even if nothing else is.
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
