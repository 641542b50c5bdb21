// Everything that may be said twice: the queue's messages, and a client's starts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, endedRow, queueEmpty, redeliver, runRow } from '../harness/aws.mjs';
import { fresh, loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { kill } from '../harness/processes.mjs';
import { requests, scenario } from '../harness/simulator.mjs';
import { callsOf, serving, spoil } from '../harness/spoil.mjs';
import { free, goesOn, told } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;
const DAY_S = 86_400;

/** The run was done once, and nothing is left over. @param {import('../harness/run.mjs').Run} run */
async function once(run) {
  await free(run.threadId, RECOVERY_MS);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  assert.equal(run.client.book.gaps, 0);
  await told(run);
  await goesOn(run.client);
}

test('the same message five times at once: one run', async (t) => {
  const client = await loyal(t);
  // Nobody is woken, until five messages come together.
  const runId = fresh('r');
  await spoil(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', holding: runId });
  const run = await client.prompt('sim:steady', { runId });
  await Promise.all(Array.from({ length: 5 }, () => redeliver(run.threadId, run.id)));
  await run.success(RECOVERY_MS);
  assert.equal((await requests(run.id)).length, 1);
  assert.equal(run.delivery.epoch, 1);
  await once(run);
});

test('a crash after a duplicate was handled is still recovered', async (t) => {
  await scenario('tests-twelve', { steps: [{ deltas_per_s: 20, blocks: [{ text: `${'word '.repeat(240)}end.` }] }] });
  const client = await loyal(t);
  const run = await client.prompt('sim:tests-twelve', { options: { onGone: 'grace:60' } });
  await run.words();
  const since = Date.now();
  await redeliver(run.threadId, run.id);
  await until('the duplicate was handled', async () =>
    (await callsOf({ function: 'worker', operation: 'SendMessage', holding: run.id, since })).length > 0);
  await kill(await serving(run.id));
  await run.success(RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
  await free(run.threadId, RECOVERY_MS);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  await told(run);
});

test('a message that comes after a crash, beside the one that recovers it: one worker goes on', async (t) => {
  const client = await loyal(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.words();
  await kill(await serving(run.id));
  await Promise.all([1, 2, 3].map(() => redeliver(run.threadId, run.id)));
  await run.success(RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
  assert.equal(run.delivery.epoch, 2);
  assert.equal((await requests(run.id)).length, 2);
  await once(run);
});

test('a start with the same name while it waits, runs, and after its end', async (t) => {
  const client = await loyal(t);
  const first = await client.prompt('sim:steady');
  const runId = fresh('r');
  const start = { action: 'prompt', prompt: 'Hey!', runId };
  const told = async () => {
    const { type, status, duplicate, messageId } = await client.ask({ ...start, id: fresh('q') });
    return { type, status, duplicate, messageId };
  };
  const { status, messageId } = await client.ask({ ...start, id: fresh('q') });
  assert.equal(status, 'waiting');
  assert.deepEqual(await told(), { type: 'ack', status: 'waiting', duplicate: true, messageId });
  const running = await client.ask({ ...start, runId: first.id, id: fresh('q') });
  assert.deepEqual([running.status, running.duplicate], ['running', true]);
  await endedRow(first.threadId, runId, RECOVERY_MS);
  assert.deepEqual(await told(), { type: 'ack', status: 'finished', duplicate: true, messageId });
  assert.equal((await requests(runId)).length, 1);
  assert.equal((await client.history()).messages.length, 4);
});

test('a start with the name of a run that failed, or was cancelled', async (t) => {
  const client = await loyal(t);
  for (const [prompt, end] of [['sim:fault-access-denied', 'failed'], ['sim:slow', 'cancelled']]) {
    const run = await client.prompt(prompt);
    if (end === 'cancelled') {
      await run.words();
      await client.cancel(run);
    }
    await run.end();
    const asked = (await requests(run.id)).length;
    const again = await client.ask({ action: 'prompt', prompt, runId: run.id, id: fresh('q') });
    assert.deepEqual([again.type, again.status, again.duplicate], ['ack', end, true]);
    assert.equal((await requests(run.id)).length, asked, 'nothing starts');
  }
  await goesOn(client);
});

test('a run’s name is remembered until the next day is over', async (t) => {
  const client = await loyal(t);
  const run = await client.answer('Hey!');
  const row = await runRow(run.threadId, run.id);
  assert.ok(row?.ttl >= row?.startedAt + 2 * DAY_S);
});
