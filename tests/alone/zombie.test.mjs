// A worker that sleeps for longer than its lease, and wakes when another has taken over.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, loggedLines, queueEmpty, threadItems } from '../harness/aws.mjs';
import { loyal } from '../harness/client.mjs';
import { asleep } from '../harness/processes.mjs';
import { scenario } from '../harness/simulator.mjs';
import { callsOf, serving } from '../harness/spoil.mjs';
import { goesOn, told } from '../harness/thread.mjs';

const TAKE_OVER_MS = 60_000;

/** Scenario, and what the worker is at when it falls asleep. @type {Record<string, (run: import('../harness/run.mjs').Run) => Promise<unknown>>} */
const MOMENTS = {
  'tests-zombie': (run) => run.words(),
  'tests-zombie-late': (run) => run.line('its beginning', ({ type }) => type === 'STEP_STARTED'),
};

for (const [name, moment] of Object.entries(MOMENTS)) {
  test(`${name}: it writes nothing, and nobody takes in what it says`, async (t) => {
    await scenarios();
    const client = await loyal(t);
    const run = await client.prompt(`sim:${name}`, { options: { onGone: 'grace:60' } });
    await moment(run);
    const pid = await serving(run.id);
    const wake = asleep(t, pid);
    await run.line('the restart', ({ name: is }) => is === 'lw.restart', TAKE_OVER_MS);
    const other = await serving(run.id, [pid]);
    const before = await writes(run.id, pid);
    const woken = Date.now();
    wake();
    await run.success(TAKE_OVER_MS);
    assert.notEqual(other, pid);
    await queueEmpty(TAKE_OVER_MS);
    const calls = (await callsOf({ function: 'worker', since: woken, holding: run.id })).filter((call) => call.pid === pid);
    const posts = calls.filter(({ operation }) => operation === 'PostToConnection');
    assert.ok(posts.length <= 1, `${posts.length} posts`);
    assert.equal((await writes(run.id, pid)).length - before.length <= 1, true, 'at most the one refused write');
    const stored = await loggedLines(run.threadId, run.id);
    assert.deepEqual(stored, run.lines, 'what is stored is what the client has');
    const messages = (await threadItems(run.threadId)).filter(({ item }) => item.startsWith('MSG#'));
    assert.equal(messages.length, 2);
    assert.equal(run.delivery.epoch, 2);
    await told(run);
    await goesOn(client);
    await queueEmpty(TAKE_OVER_MS);
    assert.equal(await deadLetters(), 0);
  });
}

/** What a process tried to write of a run. @param {string} run @param {number} pid */
async function writes(run, pid) {
  const all = await callsOf({ function: 'worker', holding: run });
  return all.filter((call) => call.pid === pid && ['TransactWriteItems', 'UpdateItem', 'PutItem'].includes(call.operation));
}

async function scenarios() {
  const blocks = [{ text: `${'word '.repeat(240)}end.` }];
  await scenario('tests-zombie', { steps: [{ deltas_per_s: 20, blocks }] });
  await scenario('tests-zombie-late', { steps: [{ ttft_ms: 9000, deltas_per_s: 20, blocks }] });
}
