// Runs all tests of this folder: those of the harness itself, then everything against stacks that are started
// here and ended here, also when a test fails or somebody sends a signal.
//
//   node run.mjs [file...]     only these files, relative to this folder
//
// Each of node's summaries counts its own tests (`ℹ pass N`, `ℹ fail N`); the exit status is that of the worst.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { brittle } from './harness/brittle.mjs';
import { down, localEnvironment, up } from './harness/stack.mjs';
import { begin } from './harness/transcripts.mjs';

/** @typedef {import('./harness/stack.mjs').Kind} Kind */

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Two files at a time: they wait more than they compute, and each runs several tests at once. */
const SIDE_BY_SIDE = 2;

/** The folder whose files kill workers and spoil calls, one file after another. */
const ALONE = 'alone';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {Set<Kind>} */
const started = new Set();

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(path.join(HERE, folder)).filter((name) => name.endsWith('.test.mjs')).sort()
    .map((name) => path.join(folder, name));
}

/**
 * Runs test files; whether all passed.
 * @param {string[]} files
 * @param {number} concurrency
 * @param {Record<string, string | undefined>} [environment]
 * @returns {Promise<boolean>}
 */
function tests(files, concurrency, environment = localEnvironment()) {
  if (files.length === 0) return Promise.resolve(true);
  const options = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files];
  // The AWS SDK remarks in every process that it will want Node 22 one day.
  const env = { ...environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, options, { cwd: HERE, stdio: 'inherit', env });
    running.add(child);
    child.once('error', reject).once('exit', (code) => {
      running.delete(child);
      resolve(code === 0);
    });
  });
}

/** Ends the stacks when we are told to end. */
function endOnSignals() {
  for (const [signal, status] of /** @type {[NodeJS.Signals, number][]} */ ([['SIGINT', 130], ['SIGTERM', 143]])) {
    process.once(signal, () => {
      for (const child of running) child.kill('SIGKILL');
      for (const kind of started) down(kind);
      process.exit(status);
    });
  }
}

/** @param {string[]} chosen @returns {Promise<boolean>} */
async function main(chosen) {
  const [alone, others] = [true, false].map((is) => chosen.filter((file) => (path.dirname(file) === ALONE) === is));
  endOnSignals();
  begin();
  if (chosen.length > 0) return (await onSteady(() => tests(others, 1), others)) && onBrittle(alone);
  const units = await timed('units', () => tests(filesOf('units'), SIDE_BY_SIDE));
  const shared = await timed('e2e', () => onSteady(() => tests(filesOf('e2e'), SIDE_BY_SIDE)));
  const lonely = await timed(ALONE, () => onBrittle(filesOf(ALONE)));
  const recorded = await timed('conformance', () => tests(filesOf('conformance'), 1));
  return units && shared && lonely && recorded;
}

/** @param {() => Promise<boolean>} work @param {string[]} [files] nothing is started for none */
async function onSteady(work, files) {
  if (files?.length === 0) return true;
  started.add('steady');
  try {
    await up('steady');
    return await work();
  } finally {
    end('steady');
  }
}

/** @param {string[]} files @returns {Promise<boolean>} */
async function onBrittle(files) {
  if (files.length === 0) return true;
  started.add('brittle');
  try {
    const { proxy, address } = await brittle();
    const passed = await tests(files, 1, { ...localEnvironment('brittle'), LONGWIRE_TESTS_PROXY: address });
    proxy.close();
    return passed;
  } finally {
    end('brittle');
  }
}

/** @param {Kind} kind */
function end(kind) {
  down(kind);
  started.delete(kind);
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
