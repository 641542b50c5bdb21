// Checks of a thread whose runs have ended.

import assert from 'node:assert/strict';

import { validate } from '../conformance/agui.mjs';
import { runRow, threadItems } from './aws.mjs';
import { until } from './deadline.mjs';

/** @typedef {import('./client.mjs').Client} Client */
/** @typedef {import('./run.mjs').Run} Run */

/** Reads the item of a thread itself. @param {string} thread @returns {Promise<any>} */
export async function metaOf(thread) {
  return (await threadItems(thread)).find(({ item }) => item === 'META');
}

/** Reads the run queue of a thread. @param {string} thread */
export async function runQueueOf(thread) {
  return (await metaOf(thread))?.line ?? [];
}

/** Waits until the run queue of a thread is empty. @param {string} thread @param {number} [ms] */
export function idle(thread, ms) {
  return until(`thread ${thread} is idle`, async () => (await runQueueOf(thread)).length === 0, ms);
}

/**
 * Checks that the next prompt is answered. The simulator refuses what Bedrock refuses, so the stored messages are
 * valid.
 * @param {Client} client
 */
export async function answersNextPrompt(client, more = {}) {
  const run = await (await client.prompt('Hey!', more)).success(60_000);
  assert.equal(run.text, 'Hello! How can I help you today?');
}

/**
 * Checks that a run's events conform to AG-UI and that its row has the same outcome.
 * @param {Run} run
 * @param {string} outcome
 * @returns {Promise<any[]>} its messages
 */
export async function conforms(run, outcome = 'success') {
  const { violations, outcomes, messages } = await validate([run.events]);
  assert.deepEqual([violations, outcomes], [[], [outcome]]);
  const row = await runRow(run.threadId, run.id);
  assert.equal(row?.status, { success: 'finished', cancelled: 'cancelled' }[outcome] ?? 'failed');
  return messages;
}

/** Checks that the stored messages of a thread are those of its only run. @param {Run} run @param {string} [outcome] */
export async function historyMatches(run, outcome) {
  const messages = await conforms(run, outcome);
  assert.deepEqual((await run.client.history({ threadId: run.threadId })).messages, messages);
  return messages;
}

/**
 * Checks that the runs of a thread conform to AG-UI, and that its history has their messages.
 * @param {Run[]} runs all of them, in order
 */
export async function threadConforms(runs) {
  const [{ client, threadId }] = runs;
  const { violations, messages } = await validate(runs.map(({ events }) => events));
  assert.deepEqual(violations, []);
  const history = await client.history({ threadId });
  const ids = (/** @type {any[]} */ of) => of.map(({ id }) => id).sort();
  assert.deepEqual(ids(history.messages), ids(messages));
}
