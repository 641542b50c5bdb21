// Redelivered messages, which SQS may produce at any time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, putItem, queueEmpty, redeliver, runRow, threadItems } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { inject } from '../harness/inject.mjs';
import { requests, streams } from '../harness/simulator.mjs';
import { idle, runQueueOf } from '../harness/thread.mjs';

test('a message that is redelivered during and after its run changes nothing', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:steady');
  await run.firstText();
  await redeliver(run.threadId, run.id);
  await run.success();
  await redeliver(run.threadId, run.id);
  // The first copy stays in the queue until the lease expires.
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
  assert.equal((await requests(run.id)).length, 1);
  assert.deepEqual([run.received.epoch, run.received.wanted], [1, undefined]);
  assert.equal((await client.history()).messages.length, 2);
  await (await client.prompt('Hey!')).success();
});

test('a message of a queued run does not start it beside the active one', async (t) => {
  const client = await connect(t);
  const first = await client.prompt('sim:steady');
  const second = await client.prompt('Hey!');
  assert.equal(second.ack.status, 'waiting');
  await first.firstText();
  await redeliver(first.threadId, second.id);
  // The message leads to a claim, which raises the epoch, but not to a start.
  await until('the claim', async () => (await runRow(first.threadId, second.id))?.epoch > 0, 30_000);
  await first.success();
  await second.success();
  const [[before], [after]] = [await streams(first.id), await streams(second.id)];
  assert.ok(after.started >= before.ended, 'the runs do not overlap');
  const { messages } = await client.history();
  assert.deepEqual(
    messages.map((/** @type {any} */ { role }) => role),
    ['user', 'assistant', 'user', 'assistant'],
  );
  await queueEmpty(60_000);
});

test('a run that is missing in the run queue is appended before it starts', async (t) => {
  const client = await connect(t);
  const runId = newId('r');
  await inject(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', containing: runId });
  const first = await client.prompt('sim:steady', { runId });
  const { threadId } = first;
  const meta = (await threadItems(threadId)).find(({ item }) => item === 'META');
  await putItem('threads', { ...meta, line: [] });
  await redeliver(threadId, runId);
  await first.firstText();
  assert.deepEqual(await runQueueOf(threadId), [first.id]);
  const second = await client.prompt('Hey!');
  assert.deepEqual([second.ack.status, second.ack.position], ['waiting', 1]);
  await first.success();
  await second.success();
  await idle(threadId);
});

test('a message of a run that has ended posts its last event again', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('Hey!');
  await run.success();
  const ends = () => client.socket.frames.filter(({ text }) => text.includes('"RUN_FINISHED"')).length;
  assert.equal(ends(), 1);
  await redeliver(run.threadId, run.id);
  await client.until('the second RUN_FINISHED', () => ends() > 1);
  assert.equal((await client.history()).messages.length, 2);
});
