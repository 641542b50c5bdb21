// Duplicates: messages of the queue, and starts of a client.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, endedRow, queueEmpty, redeliver, runRow } from '../harness/aws.mjs';
import { newId, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { callsOf, inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches, idle } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;
const DAY_S = 86_400;

/** Checks that the run was executed once and that no message is left. @param {import('../harness/run.mjs').Run} run */
async function once(run) {
  await idle(run.threadId, RECOVERY_MS);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  assert.equal(run.client.state.gaps, 0);
  await historyMatches(run);
  await answersNextPrompt(run.client);
}

test('five copies of a message at the same time start one run', async (t) => {
  const client = await reconnecting(t);
  // The run's own message is not sent.
  const runId = newId('r');
  await inject(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', containing: runId });
  const run = await client.prompt('sim:steady', { runId });
  await Promise.all(Array.from({ length: 5 }, () => redeliver(run.threadId, run.id)));
  await run.success(RECOVERY_MS);
  assert.equal((await requests(run.id)).length, 1);
  assert.equal(run.received.epoch, 1);
  await once(run);
});

test('a run whose duplicate message was handled is still reclaimed after a crash', async (t) => {
  await scenario('tests-twelve', { steps: [{ deltas_per_s: 20, blocks: [{ text: `${'word '.repeat(240)}end.` }] }] });
  const client = await reconnecting(t);
  const run = await client.prompt('sim:tests-twelve', { options: { onGone: 'grace:60' } });
  await run.firstText();
  const since = Date.now();
  await redeliver(run.threadId, run.id);
  await until(
    'the handling of the duplicate',
    async () => (await callsOf({ function: 'worker', operation: 'SendMessage', containing: run.id, since })).length > 0,
  );
  await kill(await workerOf(run.id));
  await run.success(RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
  await idle(run.threadId, RECOVERY_MS);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  await historyMatches(run);
});

test('several messages after a crash lead to one reclaim', async (t) => {
  const client = await reconnecting(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.firstText();
  await kill(await workerOf(run.id));
  await Promise.all([1, 2, 3].map(() => redeliver(run.threadId, run.id)));
  await run.success(RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
  assert.equal(run.received.epoch, 2);
  assert.equal((await requests(run.id)).length, 2);
  await once(run);
});

test('messages of an ended run post its end again three times at most', async (t) => {
  const run = await (await reconnecting(t)).answer('Hey!');
  await once(run);
  const since = Date.now();
  for (let copy = 0; copy < 5; copy += 1) {
    await redeliver(run.threadId, run.id);
    await queueEmpty(RECOVERY_MS);
  }
  const posts = await callsOf({ function: 'worker', operation: 'PostToConnection', containing: run.id, since });
  assert.equal(posts.length, 3);
  assert.equal((await runRow(run.threadId, run.id))?.endPosts, 3);
});

test('repeated starts of a run that waits for a worker send one more message', async (t) => {
  const client = await reconnecting(t);
  const runId = newId('r');
  const sent = await inject(t, {
    effect: 'swallow',
    operation: 'SendMessage',
    function: 'ingest',
    containing: runId,
    times: 10,
  });
  const run = await client.prompt('Hey!', { runId });
  for (let repeat = 0; repeat < 3; repeat += 1) {
    const again = await client.request({ action: 'prompt', prompt: 'Hey!', runId, id: newId('q') });
    assert.deepEqual([again.status, again.duplicate], ['queued', true]);
  }
  const calls = await callsOf({ function: 'ingest', operation: 'SendMessage', containing: runId, since: 0 });
  assert.equal(calls.length, 2);
  await sent.remove();
  await redeliver(run.threadId, runId);
  await run.success(RECOVERY_MS);
});

test('a repeated start of a run that is queued, active or finished gets its status', async (t) => {
  const client = await reconnecting(t);
  const first = await client.prompt('sim:steady');
  const runId = newId('r');
  const start = { action: 'prompt', prompt: 'Hey!', runId };
  const repeated = async () => {
    const { type, status, duplicate, messageId } = await client.request({ ...start, id: newId('q') });
    return { type, status, duplicate, messageId };
  };
  const { status, messageId } = await client.request({ ...start, id: newId('q') });
  assert.equal(status, 'waiting');
  assert.deepEqual(await repeated(), { type: 'ack', status: 'waiting', duplicate: true, messageId });
  const running = await client.request({ ...start, runId: first.id, id: newId('q') });
  assert.deepEqual([running.status, running.duplicate], ['running', true]);
  await endedRow(first.threadId, runId, RECOVERY_MS);
  assert.deepEqual(await repeated(), { type: 'ack', status: 'finished', duplicate: true, messageId });
  assert.equal((await requests(runId)).length, 1);
  assert.equal((await client.history()).messages.length, 4);
});

test('a repeated start of a run that failed or was cancelled gets its status', async (t) => {
  const client = await reconnecting(t);
  for (const [prompt, end] of [
    ['sim:fault-access-denied', 'failed'],
    ['sim:slow', 'cancelled'],
  ]) {
    const run = await client.prompt(prompt);
    if (end === 'cancelled') {
      await run.firstText();
      await client.cancel(run);
    }
    await run.end();
    const count = (await requests(run.id)).length;
    const again = await client.request({ action: 'prompt', prompt, runId: run.id, id: newId('q') });
    assert.deepEqual([again.type, again.status, again.duplicate], ['ack', end, true]);
    assert.equal((await requests(run.id)).length, count, 'no run starts');
  }
  await answersNextPrompt(client);
});

test('a run’s row is kept for two days', async (t) => {
  const client = await reconnecting(t);
  const run = await client.answer('Hey!');
  const row = await runRow(run.threadId, run.id);
  assert.ok(row?.ttl >= row?.startedAt + 2 * DAY_S);
});
