// Runs all tests of this folder: those of the harness, then those that need a stack. It starts the stacks and ends
// them, also when a test fails or it gets a signal.
//
//   node run.mjs [file...]     only these files, relative to this folder
//
// Each of node's summaries counts its own tests (`ℹ pass N`, `ℹ fail N`). The exit status is 1 when a test failed.

import { readdirSync } from 'node:fs';
import path from 'node:path';

import { forgetCredentials } from './harness/issuer.mjs';
import { onBrittle, onStackOf, TESTS, tests } from './harness/suites.mjs';
import { clear } from './harness/transcripts.mjs';

/** Number of files in parallel. They wait more than they compute, and each runs several tests at once. */
const PARALLEL = 2;

/** Folders whose files kill workers and inject faults; they run one after another. */
const BRITTLE = ['alone', 'chaos'];

/** Folders whose files need tokens; those of the second run one after another, after the first. */
const IDENTITY = 'identity';
const IDENTITY_ALONE = 'identity-alone';

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(path.join(TESTS, folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => path.join(folder, name));
}

/** @param {string[]} chosen @returns {Promise<boolean>} */
async function main(chosen) {
  clear();
  forgetCredentials();
  if (chosen.length > 0) return only(chosen);
  const parts = [
    await timed('units', () => tests(filesOf('units'), PARALLEL)),
    await timed('e2e', () => onStackOf('steady', filesOf('e2e'), PARALLEL)),
    await timed('identity', () => onStackOf('identified', filesOf(IDENTITY), PARALLEL, filesOf(IDENTITY_ALONE))),
    await timed('alone and chaos', () => onBrittle(BRITTLE.flatMap(filesOf))),
    await timed('conformance', () => tests(filesOf('conformance'), 1)),
  ];
  return parts.every((passed) => passed);
}

/** Runs some files, each on the kind of stack that it needs. @param {string[]} chosen */
async function only(chosen) {
  const of = (/** @type {string[]} */ folders) => chosen.filter((file) => folders.includes(path.dirname(file)));
  const special = of([...BRITTLE, IDENTITY, IDENTITY_ALONE]);
  const steady = await onStackOf(
    'steady',
    chosen.filter((file) => !special.includes(file)),
    1,
  );
  const identified = await onStackOf('identified', of([IDENTITY]), 1, of([IDENTITY_ALONE]));
  return (await onBrittle(of(BRITTLE))) && steady && identified;
}

/** @param {string} what @param {() => Promise<boolean>} work */
async function timed(what, work) {
  const began = Date.now();
  const passed = await work();
  console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  return passed;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(`error: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
