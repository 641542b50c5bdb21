// What must be true when the storm is over, whatever it was.

import { isDeepStrictEqual } from 'node:util';

import { judge } from '../conformance/agui.mjs';
import { runRow, threadItems } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { free } from '../harness/thread.mjs';

/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('./people.mjs').Started} Started */
/** @typedef {import('../harness/client.mjs').Client} Client */

const CALM_MS = 240_000;
const ENDED = ['finished', 'failed', 'cancelled'];
const TYPES = { finished: ['success'], cancelled: ['cancelled'], failed: ['error'] };

/** All that is wrong with one person's thread. @param {Person} person @returns {Promise<string[]>} */
export async function wrongWith(person) {
  /** @type {string[]} */
  const wrong = [...person.surprises];
  const check = async (/** @type {string} */ what, /** @type {() => Promise<unknown>} */ work) => {
    try {
      await work();
    } catch (error) {
      wrong.push(`${what}: ${/** @type {Error} */ (error).message.slice(0, 1500)}`);
    }
  };
  const { thread, started } = person;
  for (const { id } of started) await check(`run ${id}`, () => ended(thread, id));
  await check('the line', () => free(thread, CALM_MS));
  const items = await threadItems(thread);
  for (const run of started) await check(`run ${run.id}`, () => endedWell(items, run));
  await check('the history', () => histories(items, person));
  await check('the next prompt', () => nextPrompt(person));
  return wrong.map((each) => `${person.thread}: ${each}`);
}

/** @param {string} thread @param {string} id */
function ended(thread, id) {
  return until('it has ended', async () => ENDED.includes((await runRow(thread, id))?.status), CALM_MS);
}

/** One terminal state, and the client of it has the lines that stand. @param {any[]} items @param {Started} run */
async function endedWell(items, { id, client }) {
  const row = items.find(({ item }) => item === `RUN#${id}`);
  await client.until('its end came', () => client.runs.get(id)?.ended, CALM_MS);
  const lines = client.runs.get(id)?.lines ?? [];
  const ends = lines.filter(({ type }) => ['RUN_FINISHED', 'RUN_ERROR'].includes(type));
  expect(ends.length === 1, `${ends.length} ends`);
  const outcome = ends[0].type === 'RUN_ERROR' ? 'error' : ends[0].outcome.type;
  expect(/** @type {any} */ (TYPES)[row.status].includes(outcome), `the row says ${row.status}, the lines say ${outcome}`);
  expect(lines.every(({ metadata }, at) => metadata['lw.seq'] === at + 1), 'a line was lost or doubled');
  const { complaints } = await judge([lines]);
  expect(complaints.length === 0, complaints.join('; '));
  const stored = logOf(items, id);
  // A run that was cancelled before its turn has no log, and no messages.
  if (stored.length > 0) expect(isDeepStrictEqual(stored, lines), `the log differs: ${difference(stored, lines)}`);
}

/** What a client assembled is what is stored. @param {any[]} items @param {Person} person */
async function histories(items, { client, started }) {
  const told = await pages(client);
  const begun = started.filter(({ id }) => logOf(items, id).length > 0);
  const { messages } = await judge(begun.map(({ id, client: by }) => by.runs.get(id)?.lines ?? []));
  for (const message of messages) {
    const kept = told.find(({ id }) => id === message.id);
    expect(kept !== undefined, `message ${message.id} (${message.role}) is not in the history`);
    expect(isDeepStrictEqual(kept, message), `message ${message.id}: ${difference(kept, message)}`);
  }
  expect(told.length === messages.length, `${told.length} messages are stored, ${messages.length} were said`);
}

/** The simulator refuses what Bedrock would refuse. @param {Person} person */
async function nextPrompt({ client }) {
  const run = await (await client.prompt('Hey!')).success(CALM_MS);
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

/** A run's stored lines. @param {any[]} items @param {string} id @returns {any[]} */
function logOf(items, id) {
  const batches = items.filter(({ item }) => item.startsWith(`LOG#${id}#`));
  return batches.flatMap(({ lines }) => lines.split('\n').map((/** @type {string} */ line) => JSON.parse(line)));
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
