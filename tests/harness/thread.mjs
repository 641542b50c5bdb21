// What must be true of a thread when nothing of it is under way any more.

import assert from 'node:assert/strict';

import { judge } from '../conformance/agui.mjs';
import { runRow, threadItems } from './aws.mjs';
import { until } from './deadline.mjs';

/** @typedef {import('./client.mjs').Client} Client */
/** @typedef {import('./run.mjs').Run} Run */

/** The row and the line of a thread. @param {string} thread */
export async function lineOf(thread) {
  const meta = (await threadItems(thread)).find(({ item }) => item === 'META');
  return meta?.line ?? [];
}

/** Waits until nobody is in the thread's line. @param {string} thread @param {number} [ms] */
export function free(thread, ms) {
  return until(`thread ${thread} is free`, async () => (await lineOf(thread)).length === 0, ms);
}

/** The simulator refuses what Bedrock would: an answer means that the history is valid. @param {Client} client */
export async function goesOn(client, more = {}) {
  const run = await (await client.prompt('Hey!', more)).success(60_000);
  assert.equal(run.text, 'Hello! How can I help you today?');
}

/** A run's lines please AG-UI, and its row says the same. @param {Run} run @param {string} outcome @returns {Promise<any[]>} its messages */
export async function sound(run, outcome = 'success') {
  const { complaints, outcomes, messages } = await judge([run.lines]);
  assert.deepEqual([complaints, outcomes], [[], [outcome]]);
  const row = await runRow(run.threadId, run.id);
  assert.equal(row?.status, { success: 'finished', cancelled: 'cancelled' }[outcome] ?? 'failed');
  return messages;
}

/** The thread's stored messages are what its only run said. @param {Run} run @param {string} [outcome] */
export async function told(run, outcome) {
  const messages = await sound(run, outcome);
  assert.deepEqual((await run.client.history({ threadId: run.threadId })).messages, messages);
  return messages;
}
