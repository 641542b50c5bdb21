// Runs test files on a stack that is started before and ended after them.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { brittle } from './brittle.mjs';
import { down, localEnvironment, up } from './stack.mjs';

/** @typedef {import('./stack.mjs').Kind} Kind */

/** Folder of all tests. */
export const TESTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {Set<Kind>} */
const started = new Set();

/**
 * Runs test files and returns whether all passed.
 * @param {string[]} files relative to the folder of all tests
 * @param {number} concurrency number of files that run in parallel
 * @param {Record<string, string | undefined>} [environment]
 * @returns {Promise<boolean>}
 */
export function tests(files, concurrency, environment = localEnvironment()) {
  if (files.length === 0) return Promise.resolve(true);
  const options = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files];
  // Without the variable the AWS SDK warns in every process that it will require Node 22.
  const env = { ...environment, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  return new Promise((resolve, reject) => {
    // A process group of its own, because node starts a process for each file.
    const child = spawn(process.execPath, options, { cwd: TESTS, stdio: 'inherit', env, detached: true });
    running.add(child);
    child.once('error', reject).once('exit', (code) => {
      running.delete(child);
      resolve(code === 0);
    });
  });
}

/**
 * Runs files on the steady or the identified stack.
 * @param {'steady' | 'identified'} kind
 * @param {string[]} files
 * @param {number} concurrency
 * @param {string[]} [last] files that run after the others
 */
export function onStackOf(kind, files, concurrency, last = []) {
  return onStack(kind, [...files, ...last], async () => {
    await up(kind);
    const passed = await tests(files, concurrency, localEnvironment(kind));
    return (await tests(last, 1, localEnvironment(kind))) && passed;
  });
}

/**
 * Runs files on the brittle stack, one after another.
 * @param {string[]} files
 * @param {Record<string, string>} [more] variables for the tests
 * @param {number} [workers] the event source's maximum concurrency, when it differs from the deployed one
 */
export function onBrittle(files, more = {}, workers = undefined) {
  return onStack('brittle', files, async () => {
    const { proxy, address } = await brittle(workers);
    try {
      return await tests(files, 1, { ...localEnvironment('brittle'), LONGWIRE_TESTS_PROXY: address, ...more });
    } finally {
      proxy.close();
    }
  });
}

/**
 * Starts nothing when there are no files.
 * @param {Kind} kind
 * @param {string[]} files
 * @param {() => Promise<boolean>} work
 */
async function onStack(kind, files, work) {
  if (files.length === 0) return true;
  endOnSignals();
  started.add(kind);
  try {
    return await work();
  } finally {
    down(kind);
    started.delete(kind);
  }
}

/** Ends everything that was started when this process gets a signal. */
function endOnSignals() {
  for (const [signal, status] of /** @type {[NodeJS.Signals, number][]} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    if (process.listenerCount(signal) > 0) continue;
    process.once(signal, () => {
      for (const { pid } of running) killGroup(pid);
      for (const kind of started) down(kind);
      process.exit(status);
    });
  }
}

/** @param {number | undefined} leader */
function killGroup(leader) {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // The process group has ended.
  }
}
