// Faults of the chaos test.

import { redeliver } from '../harness/aws.mjs';
import { ALWAYS, activeWorkers, inject } from '../harness/inject.mjs';

/** @typedef {import('../harness/random.mjs').Random} Random */
/** @typedef {import('./users.mjs').User} User */

const OPERATIONS = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'TransactWriteItems',
  'SendMessage',
  'ChangeMessageVisibility',
  'PostToConnection',
];
const WRITES = ['PutItem', 'UpdateItem', 'TransactWriteItems'];

const later = (/** @type {number} */ ms, /** @type {() => unknown} */ act) => setTimeout(act, ms);

/** @param {number} pid @param {NodeJS.Signals} signal */
function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended.
  }
}

/**
 * Faults by name. Each injects itself and returns a description.
 * @type {Record<string, (random: Random, users: User[], t: import('node:test').TestContext) => Promise<string> | string>}
 */
export const FAULTS = {
  async kill(random) {
    const pids = await activeWorkers();
    if (pids.length === 0) return 'no worker';
    const pid = random.pick(pids);
    signal(pid, 'SIGKILL');
    return String(pid);
  },

  async stop(random, _, t) {
    const pids = await activeWorkers();
    if (pids.length === 0) return 'no worker';
    const [pid, ms] = [random.pick(pids), 1000 + random.below(8000)];
    signal(pid, 'SIGSTOP');
    later(ms, () => signal(pid, 'SIGCONT'));
    t.after(() => signal(pid, 'SIGCONT'));
    return `${pid} for ${ms} ms`;
  },

  drop(random, users) {
    const user = random.pick(users);
    random.pick(user.clients).drop();
    return user.thread;
  },

  slow(random, users) {
    const user = random.pick(users);
    const [socket, ms] = [random.pick(user.clients).socket, 500 + random.below(4000)];
    socket.pause();
    later(ms, () => socket.resume());
    return `${user.thread} for ${ms} ms`;
  },

  async redeliver(random, users) {
    const runs = users.flatMap(({ started }) => started.slice(-3));
    if (runs.length === 0) return 'no run';
    const { threadId, id } = random.pick(runs);
    await redeliver(threadId, id);
    return id;
  },

  async call(random, _, t) {
    const effect = random.pick(/** @type {const} */ (['fail', 'lose', 'conflict', 'delay']));
    const operation = random.pick(effect === 'conflict' ? WRITES : OPERATIONS);
    const times = 1 + random.below(3);
    await inject(t, {
      effect,
      operation,
      function: random.pick(['worker', 'ingest']),
      times,
      ms: 200 + random.below(2000),
    });
    return `${effect} ${operation}, ${times} times`;
  },

  async outage(random, _, t) {
    const ms = 500 + random.below(3000);
    const rule = await inject(t, { effect: 'fail', operation: OPERATIONS, times: ALWAYS });
    later(ms, () => rule.remove());
    return `of everything for ${ms} ms`;
  },
};

/** Relative frequencies. */
const WEIGHTS = { kill: 4, stop: 2, drop: 5, slow: 2, redeliver: 4, call: 8, outage: 1 };

/** @type {(keyof typeof WEIGHTS)[]} */
export const WEIGHTED = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(weight).fill(name));
