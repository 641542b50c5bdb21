// What a user with limits spends while workers and tables fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expireReservations, settledBudget, userItem } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { invoke } from '../harness/functions.mjs';
import { callsOf, inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { stack } from '../harness/stack.mjs';
import { idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** Deadline of a reclaim: the lease, the visibility timeout, a busy machine. */
const RECOVERY_MS = 60_000;

/**
 * Opens a connection of a new user of the group `frugal`, who has 10,000 tokens a day, with a ticket: the stack has no tokens.
 * @param {import('node:test').TestContext} t
 */
async function frugal(t) {
  const sub = newId('user');
  const { ticket } = await invoke('ticket', { sub, groups: ['frugal'], expiresInSeconds: 3600 });
  return { sub, client: await connect(t, { query: { ticket } }) };
}

/** Tokens of a run, as its last event says. @param {Run} run @returns {number} */
function tokensOf(run) {
  return /** @type {any} */ (run.events.at(-1)).usage[0].totalTokens;
}

/** @param {string} sub @returns {Promise<any>} */
function budgetOf(sub) {
  return userItem(sub, 'BUDGET');
}

test('a crash costs the user what the model call had reserved, until that expires', async (t) => {
  const { sub, client } = await frugal(t);
  const crashed = await client.prompt('sim:steady', { options: { onGone: 'finish' } });
  await crashed.firstText();
  await kill(await workerOf(crashed.id));
  await crashed.success(RECOVERY_MS);
  await idle(crashed.threadId, RECOVERY_MS);
  const { open, dayTokens } = await budgetOf(sub);
  const reserved = /** @type {any[]} */ (Object.values(open));
  assert.equal(reserved.length, 1);
  assert.equal(dayTokens, tokensOf(crashed) + reserved[0].amount.t);
  await expireReservations(sub);
  const next = await client.answer('Hey!');
  const settled = await settledBudget(sub);
  assert.deepEqual([settled.dayPrompts, settled.dayTokens], [2, tokensOf(crashed) + tokensOf(next)]);
});

test('nothing is spent that could not be reserved', async (t) => {
  const { sub, client } = await frugal(t);
  const rule = await inject(t, {
    effect: 'fail',
    function: 'worker',
    operation: 'UpdateItem',
    containing: [sub, 'open'],
    times: 1000,
  });
  const run = await client.prompt('Hey!');
  const last = /** @type {any} */ (await run.end(RECOVERY_MS));
  assert.deepEqual([last.type, last.code, run.text], ['RUN_ERROR', 'internal', '']);
  await rule.remove();
  assert.equal((await budgetOf(sub)).dayTokens ?? 0, 0);
});

test('a settlement whose response is lost is booked once', async (t) => {
  const { sub, client } = await frugal(t);
  const rule = await inject(t, {
    effect: 'lose',
    function: 'worker',
    operation: 'UpdateItem',
    containing: [sub, 'REMOVE'],
  });
  const run = await client.answer('Hey!');
  const { dayTokens } = await settledBudget(sub);
  assert.equal(await rule.count(), 1);
  assert.equal(dayTokens, tokensOf(run));
});

test('limits cost a run two writes of the worker, and its record one', async (t) => {
  const { sub, client } = await frugal(t);
  await client.answer('Hey!');
  await settledBudget(sub);
  const since = Date.now();
  const run = await client.answer('Hey!');
  await idle(run.threadId);
  await settledBudget(sub);
  const calls = await callsOf({ containing: sub, since });
  const toUsers = calls.filter(({ body }) => JSON.parse(body).TableName === stack().tables.users);
  const names = toUsers.map(({ function: by, operation }) => `${by} ${operation}`).sort();
  t.diagnostic(`calls for the table of users: ${names.join(', ')}`);
  assert.deepEqual(names, ['ingest GetItem', 'worker PutItem', 'worker UpdateItem', 'worker UpdateItem']);
});
