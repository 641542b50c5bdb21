// A worker that is suspended for longer than its lease and continues after another one has reclaimed the run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, loggedEvents, queueEmpty, threadItems } from '../harness/aws.mjs';
import { reconnecting } from '../harness/client.mjs';
import { callsOf, workerOf } from '../harness/inject.mjs';
import { suspend } from '../harness/processes.mjs';
import { scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches } from '../harness/thread.mjs';

const RECLAIM_MS = 60_000;

/**
 * Scenarios, with the moments at which the worker is suspended.
 * @type {Record<string, (run: import('../harness/run.mjs').Run) => Promise<unknown>>}
 */
const MOMENTS = {
  'tests-suspended': (run) => run.firstText(),
  'tests-suspended-late': (run) => run.event('the first step', ({ type }) => type === 'STEP_STARTED'),
};

for (const [name, moment] of Object.entries(MOMENTS)) {
  test(`a suspended worker that lost its lease writes nothing (${name})`, async (t) => {
    await scenarios();
    const client = await reconnecting(t);
    const run = await client.prompt(`sim:${name}`, { options: { onGone: 'grace:60' } });
    await moment(run);
    const pid = await workerOf(run.id);
    const resume = suspend(t, pid);
    await run.event('the restart', ({ name: is }) => is === 'lw.restart', RECLAIM_MS);
    const other = await workerOf(run.id, [pid]);
    const before = await writes(run.id, pid);
    const resumed = Date.now();
    resume();
    await run.success(RECLAIM_MS);
    assert.notEqual(other, pid);
    await queueEmpty(RECLAIM_MS);
    const calls = (await callsOf({ function: 'worker', since: resumed, containing: run.id })).filter(
      (call) => call.pid === pid,
    );
    const posts = calls.filter(({ operation }) => operation === 'PostToConnection');
    assert.ok(posts.length <= 1, `${posts.length} posts`);
    assert.equal((await writes(run.id, pid)).length - before.length <= 1, true, 'at most one write, which is refused');
    const stored = await loggedEvents(run.threadId, run.id);
    assert.deepEqual(stored, run.events, 'the event log has the events that the client received');
    const messages = (await threadItems(run.threadId)).filter(({ item }) => item.startsWith('MSG#'));
    assert.equal(messages.length, 2);
    assert.equal(run.received.epoch, 2);
    await historyMatches(run);
    await answersNextPrompt(client);
    await queueEmpty(RECLAIM_MS);
    assert.equal(await deadLetters(), 0);
  });
}

/** Returns the writes of a run by a process. @param {string} run @param {number} pid */
async function writes(run, pid) {
  const all = await callsOf({ function: 'worker', containing: run });
  return all.filter(
    (call) => call.pid === pid && ['TransactWriteItems', 'UpdateItem', 'PutItem'].includes(call.operation),
  );
}

async function scenarios() {
  const blocks = [{ text: `${'word '.repeat(240)}end.` }];
  await scenario('tests-suspended', { steps: [{ deltas_per_s: 20, blocks }] });
  await scenario('tests-suspended-late', { steps: [{ ttft_ms: 9000, deltas_per_s: 20, blocks }] });
}
