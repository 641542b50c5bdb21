// What a user with limits spends while workers and tables fail.

import assert from 'node:assert/strict';

import { expireReservations, settledBudget, userItem } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { ALWAYS, callsOf, inject, workerOf } from '../harness/inject.mjs';
import { testWithinDay } from '../harness/one-day.mjs';
import { kill } from '../harness/processes.mjs';
import { scenario } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';
import { idle } from '../harness/thread.mjs';
import { ticketed } from '../harness/users.mjs';

/** Deadline of a reclaim: the lease, the visibility timeout, a busy machine. */
const RECOVERY_MS = 60_000;

/** Group with 10,000 tokens a day. */
const FRUGAL = 'frugal';

/** @param {string} sub @returns {Promise<any>} */
function budgetOf(sub) {
  return userItem(sub, 'BUDGET');
}

testWithinDay('a crash costs the user what the model call had reserved, until that expires', async (t) => {
  const { sub, client } = await ticketed(t, [FRUGAL]);
  // The reply is silent from its fifth delta on, until another worker makes the same call.
  const fault = { kind: 'stall', after_deltas: 5, times: 1 };
  await scenario('tests-stall-once', { steps: [{ blocks: [{ text: 'After all it worked. '.repeat(10) }], fault }] });
  const crashed = await client.prompt('sim:tests-stall-once', { options: { onGone: 'finish' } });
  await crashed.firstText();
  await kill(await workerOf(crashed.id));
  await crashed.success(RECOVERY_MS);
  await idle(crashed.threadId, RECOVERY_MS);
  const { open, dayTokens } = await budgetOf(sub);
  const reserved = /** @type {any[]} */ (Object.values(open)).reduce((sum, { amount }) => sum + amount.t, 0);
  assert.ok(reserved > 0);
  assert.equal(dayTokens, crashed.tokens + reserved);
  await expireReservations(sub);
  const next = await client.answer('Hey!');
  const settled = await settledBudget(sub);
  assert.deepEqual([settled.dayPrompts, settled.dayTokens], [2, crashed.tokens + next.tokens]);
});

testWithinDay('nothing is spent that could not be reserved', async (t) => {
  const { sub, client } = await ticketed(t, [FRUGAL]);
  const rule = await inject(t, {
    effect: 'fail',
    function: 'worker',
    operation: 'UpdateItem',
    containing: [sub, 'open'],
    times: ALWAYS,
  });
  const run = await client.prompt('Hey!');
  const last = /** @type {any} */ (await run.end(RECOVERY_MS));
  assert.deepEqual([last.type, last.code, run.text], ['RUN_ERROR', 'internal', '']);
  await rule.remove();
  assert.equal((await budgetOf(sub)).dayTokens ?? 0, 0);
});

testWithinDay('a settlement whose response is lost is booked once', async (t) => {
  const { sub, client } = await ticketed(t, [FRUGAL]);
  const rule = await inject(t, {
    effect: 'lose',
    function: 'worker',
    operation: 'UpdateItem',
    containing: [sub, 'REMOVE'],
  });
  const run = await client.answer('Hey!');
  const { dayTokens } = await settledBudget(sub);
  assert.equal(await rule.count(), 1);
  assert.equal(dayTokens, run.tokens);
});

testWithinDay('limits cost a run two writes of the worker, and its record one', async (t) => {
  const { sub, client } = await ticketed(t, [FRUGAL]);
  await client.answer('Hey!');
  const calls = await until('a run makes no call twice', async () => {
    const since = Date.now();
    const run = await client.answer('Hey!');
    await idle(run.threadId);
    await settledBudget(sub);
    const toUsers = (await callsOf({ containing: sub, since })).filter(isOfUsers);
    return !hasRepetition(toUsers) && toUsers;
  });
  const names = calls.map(({ function: by, operation }) => `${by} ${operation}`).sort();
  assert.deepEqual(names, ['ingest GetItem', 'worker PutItem', 'worker UpdateItem', 'worker UpdateItem']);
});

/** @param {import('../harness/inject.mjs').Call} call */
function isOfUsers({ body }) {
  return JSON.parse(body).TableName === stack().tables.users;
}

/**
 * Tells whether a call was made again: on a slow machine it may exceed its time limit.
 * @param {import('../harness/inject.mjs').Call[]} calls
 */
function hasRepetition(calls) {
  const changes = calls.map(({ function: by, operation, body }) => {
    const { UpdateExpression: [verb] = '', ExpressionAttributeNames: names } = JSON.parse(body);
    return [by, operation, verb, names?.['#name']].join(' ');
  });
  return new Set(changes).size < changes.length;
}
