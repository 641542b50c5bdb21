// What goes wrong in the chaos.

import { redeliver } from '../harness/aws.mjs';
import { ALWAYS, atWork, spoil } from '../harness/spoil.mjs';

/** @typedef {import('../harness/random.mjs').Random} Random */
/** @typedef {import('./people.mjs').Person} Person */

const OPERATIONS = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'TransactWriteItems', 'SendMessage',
  'ChangeMessageVisibility', 'PostToConnection'];
const WRITES = ['PutItem', 'UpdateItem', 'TransactWriteItems'];

const soon = (/** @type {number} */ ms, /** @type {() => unknown} */ act) => setTimeout(act, ms);

/** @param {number} pid @param {NodeJS.Signals} signal */
function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/**
 * Each deals one blow and says what it was.
 * @type {Record<string, (random: Random, people: Person[], t: import('node:test').TestContext) => Promise<string> | string>}
 */
export const BLOWS = {
  async kill(random) {
    const pids = await atWork();
    if (pids.length === 0) return 'nobody';
    const pid = random.pick(pids);
    signal(pid, 'SIGKILL');
    return String(pid);
  },

  async stop(random, _, t) {
    const pids = await atWork();
    if (pids.length === 0) return 'nobody';
    const [pid, ms] = [random.pick(pids), 1000 + random.below(8000)];
    signal(pid, 'SIGSTOP');
    soon(ms, () => signal(pid, 'SIGCONT'));
    t.after(() => signal(pid, 'SIGCONT'));
    return `${pid} for ${ms} ms`;
  },

  drop(random, people) {
    const person = random.pick(people);
    random.pick(person.clients).drop();
    return person.thread;
  },

  slow(random, people) {
    const person = random.pick(people);
    const [socket, ms] = [random.pick(person.clients).socket, 500 + random.below(4000)];
    socket.freeze();
    soon(ms, () => socket.thaw());
    return `${person.thread} for ${ms} ms`;
  },

  async twice(random, people) {
    const runs = people.flatMap(({ started }) => started.slice(-3));
    if (runs.length === 0) return 'nothing';
    const { threadId, id } = random.pick(runs);
    await redeliver(threadId, id);
    return id;
  },

  async spoil(random, _, t) {
    const effect = random.pick(/** @type {const} */ (['fail', 'lose', 'conflict', 'delay']));
    const operation = random.pick(effect === 'conflict' ? WRITES : OPERATIONS);
    const times = 1 + random.below(3);
    await spoil(t, { effect, operation, function: random.pick(['worker', 'ingest']), times, ms: 200 + random.below(2000) });
    return `${effect} ${operation}, ${times} times`;
  },

  async outage(random, _, t) {
    const ms = 500 + random.below(3000);
    const rule = await spoil(t, { effect: 'fail', operation: OPERATIONS, times: ALWAYS });
    soon(ms, () => rule.withdraw());
    return `of everything for ${ms} ms`;
  },
};

/** How often each is dealt. */
const WEIGHTS = { kill: 4, stop: 2, drop: 5, slow: 2, twice: 4, spoil: 8, outage: 1 };

/** @type {(keyof typeof WEIGHTS)[]} */
export const LOT = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(weight).fill(name));
