// Invariants that hold after any sequence of faults.

import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';

import { validate } from '../conformance/agui.mjs';
import { runRow, threadItems } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { idle } from '../harness/thread.mjs';

/** @typedef {import('./users.mjs').User} User */
/** @typedef {import('./users.mjs').Started} Started */
/** @typedef {import('../harness/client.mjs').Client} Client */

/**
 * Longest wait for a thread to settle. A worker that is killed before it shortens the visibility of its message costs the
 * run its `wakeBy` deadline of five minutes, and up to a minute until the sweep finds it overdue.
 */
const SETTLE_MS = 480_000;
const ENDED = ['finished', 'failed', 'cancelled'];
const TYPES = { finished: ['success'], cancelled: ['cancelled'], failed: ['error'] };

/** Returns the violations in one user's thread. @param {User} user @returns {Promise<string[]>} */
export async function violationsOf(user) {
  /** @type {string[]} */
  const violations = [...user.violations];
  const check = async (/** @type {string} */ what, /** @type {() => Promise<unknown>} */ work) => {
    try {
      await work();
    } catch (error) {
      violations.push(`${what}: ${/** @type {Error} */ (error).message.slice(0, 1500)}`);
    }
  };
  const { thread, started } = user;
  for (const { id } of started) await check(`run ${id}`, () => ended(thread, id));
  await check('the run queue', () => idle(thread, SETTLE_MS));
  const items = await threadItems(thread);
  for (const run of started) await check(`run ${run.id}`, () => endedWell(items, run));
  await check('the history', () => historyMatches(items, user));
  await check('the next prompt', () => nextPrompt(user));
  return violations.map((each) => `${user.thread}: ${each}`);
}

/** @param {string} thread @param {string} id */
function ended(thread, id) {
  return until('it has ended', async () => ENDED.includes((await runRow(thread, id))?.status), SETTLE_MS);
}

/** Checks that a run has one end and that its client has the valid events. @param {any[]} items @param {Started} run */
async function endedWell(items, { id, client }) {
  const row = items.find(({ item }) => item === `RUN#${id}`);
  await client.until('its last event', () => client.runs.get(id)?.ended, SETTLE_MS);
  const events = client.runs.get(id)?.events ?? [];
  const ends = events.filter(({ type }) => ['RUN_FINISHED', 'RUN_ERROR'].includes(type));
  expect(ends.length === 1, `${ends.length} ends`);
  const outcome = ends[0].type === 'RUN_ERROR' ? 'error' : ends[0].outcome.type;
  expect(
    /** @type {any} */ (TYPES)[row.status].includes(outcome),
    `the row's status is ${row.status}, the events' outcome ${outcome}`,
  );
  expect(
    events.every(({ metadata }, at) => metadata['lw.seq'] === at + 1),
    'an event is missing or duplicated',
  );
  const { violations } = await validate([events]);
  expect(violations.length === 0, violations.join('; '));
  const stored = logOf(items, id);
  // A run that was cancelled while queued has no event log and no messages.
  if (stored.length > 0)
    expect(isDeepStrictEqual(stored, events), `the event log differs: ${difference(stored, events)}`);
}

/**
 * Checks that the messages built from a client's events are the stored ones.
 * @param {any[]} items
 * @param {User} user
 */
async function historyMatches(items, { client, started }) {
  const stored = await pages(client);
  const begun = started.filter(({ id }) => logOf(items, id).length > 0);
  const { messages } = await validate(begun.map(({ id, client: by }) => by.runs.get(id)?.events ?? []));
  for (const message of messages) {
    const kept = stored.find(({ id }) => id === message.id);
    expect(kept !== undefined, `message ${message.id} (${message.role}) is not in the history`);
    expect(isDeepStrictEqual(kept, message), `message ${message.id}: ${difference(kept, message)}`);
  }
  const streamed = new Set(messages.map(({ id }) => id));
  const others = stored.filter(({ id }) => !streamed.has(id));
  const twice = stored.filter(({ id }, at) => stored.findIndex((other) => other.id === id) !== at);
  expect(twice.length === 0, `messages are in the history twice: ${JSON.stringify(twice)}`);
  expect(others.length === 0, `messages that were not streamed are stored: ${JSON.stringify(others)}`);
}

/** Checks that the next prompt is answered. The simulator refuses what Bedrock refuses. @param {User} user */
async function nextPrompt({ client }) {
  const run = await (await client.prompt('Hey!')).success(SETTLE_MS);
  expect(run.text === 'Hello! How can I help you today?', run.text);
}

/** @param {Client} client @returns {Promise<any[]>} */
async function pages(client) {
  const found = [];
  let before;
  do {
    const page = await client.history({ limit: 50, ...(before && { before }) });
    found.unshift(...page.messages);
    before = page.next;
  } while (before);
  return found;
}

/** Returns a run's event log. @param {any[]} items @param {string} id @returns {any[]} */
function logOf(items, id) {
  const batches = items.filter(({ item }) => item.startsWith(`LOG#${id}#`));
  const lines = batches.flatMap(({ gzip }) => String(gunzipSync(gzip)).split('\n'));
  return lines.map((line) => JSON.parse(line));
}

/** @param {any} one @param {any} other */
function difference(one, other) {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  const at = [...a].findIndex((letter, place) => letter !== b[place]);
  return `…${a.slice(Math.max(0, at - 60), at + 60)}… and …${b.slice(Math.max(0, at - 60), at + 60)}…`;
}

/** @param {boolean} holds @param {string} otherwise */
function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}
