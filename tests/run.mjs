// Runs all tests of this folder: those of the harness itself, then everything against stacks that are started
// here and ended here, also when a test fails or somebody sends a signal.
//
//   node run.mjs [file...]     only these files, relative to this folder
//
// Each of node's summaries counts its own tests (`ℹ pass N`, `ℹ fail N`); the exit status is that of the worst.

import { readdirSync } from 'node:fs';
import path from 'node:path';

import { onBrittle, onSteady, tests, TESTS } from './harness/suites.mjs';
import { begin } from './harness/transcripts.mjs';

/** Two files at a time: they wait more than they compute, and each runs several tests at once. */
const SIDE_BY_SIDE = 2;

/** Folders whose files kill workers and spoil calls, one file after another. */
const BRITTLE = ['alone', 'chaos'];

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(path.join(TESTS, folder)).filter((name) => name.endsWith('.test.mjs')).sort()
    .map((name) => path.join(folder, name));
}

/** @param {string[]} chosen @returns {Promise<boolean>} */
async function main(chosen) {
  begin();
  if (chosen.length > 0) return only(chosen);
  const parts = [
    await timed('units', () => tests(filesOf('units'), SIDE_BY_SIDE)),
    await timed('e2e', () => onSteady(filesOf('e2e'), SIDE_BY_SIDE)),
    await timed('alone and chaos', () => onBrittle(BRITTLE.flatMap(filesOf))),
    await timed('conformance', () => tests(filesOf('conformance'), 1)),
  ];
  return parts.every((passed) => passed);
}

/** Some files, each kind on its own stack. @param {string[]} chosen */
async function only(chosen) {
  const brittle = (/** @type {string} */ file) => BRITTLE.includes(path.dirname(file));
  const steady = await onSteady(chosen.filter((file) => !brittle(file)), 1);
  return (await onBrittle(chosen.filter(brittle))) && steady;
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
