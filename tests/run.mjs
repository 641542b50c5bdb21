// Runs all tests of this folder: those of the harness itself, then everything against a stack that is
// started here and ended here, also when a test fails or somebody sends a signal.
//
//   node run.mjs [file...]     only these files, relative to this folder
//
// Each of node's summaries counts its own tests (`ℹ pass N`, `ℹ fail N`); the exit status is that of the worst.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { down, localEnvironment, up } from './harness/stack.mjs';
import { begin } from './harness/transcripts.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Two files at a time: they wait more than they compute, and each runs several tests at once. */
const SIDE_BY_SIDE = 2;

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(path.join(HERE, folder)).filter((name) => name.endsWith('.test.mjs')).sort()
    .map((name) => path.join(folder, name));
}

/** Runs test files; whether all passed. @param {string[]} files @param {number} concurrency @returns {Promise<boolean>} */
function tests(files, concurrency) {
  if (files.length === 0) return Promise.resolve(true);
  const options = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files];
  // The AWS SDK remarks in every process that it will want Node 22 one day.
  const env = { ...localEnvironment(), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  return new Promise((resolve, reject) => {
    running = spawn(process.execPath, options, { cwd: HERE, stdio: 'inherit', env });
    running.once('error', reject).once('exit', (code) => resolve(code === 0));
  });
}

/** Ends the stack when we are told to end. */
function endOnSignals() {
  for (const [signal, status] of /** @type {[NodeJS.Signals, number][]} */ ([['SIGINT', 130], ['SIGTERM', 143]])) {
    process.once(signal, () => {
      running?.kill('SIGKILL');
      down();
      process.exit(status);
    });
  }
}

/** @param {string[]} chosen @returns {Promise<boolean>} */
async function main(chosen) {
  if (chosen.length > 0) return onStack(() => tests(chosen, 1));
  const units = await tests(filesOf('units'), SIDE_BY_SIDE);
  const onTheStack = await onStack(async () => {
    const together = await tests(filesOf('e2e'), SIDE_BY_SIDE);
    const alone = await tests(filesOf('alone'), 1);
    const recorded = await tests(filesOf('conformance'), 1);
    return together && alone && recorded;
  });
  return units && onTheStack;
}

/** @param {() => Promise<boolean>} work @returns {Promise<boolean>} */
async function onStack(work) {
  endOnSignals();
  begin();
  try {
    await up();
    return await work();
  } finally {
    down();
  }
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(`error: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
