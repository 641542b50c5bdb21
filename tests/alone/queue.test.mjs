// A queue that says things twice, as SQS may at any time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, put, queueEmpty, redeliver, runRow, threadItems } from '../harness/aws.mjs';
import { connect, fresh } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { requests, streams } from '../harness/simulator.mjs';
import { spoil } from '../harness/spoil.mjs';
import { free, lineOf } from '../harness/thread.mjs';

test('a message that arrives again, during the run and after it, changes nothing', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:steady');
  await run.words();
  await redeliver(run.threadId, run.id);
  await run.success();
  await redeliver(run.threadId, run.id);
  // The first one waits for the end of the worker's lease.
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
  assert.equal((await requests(run.id)).length, 1);
  assert.deepEqual([run.delivery.epoch, run.delivery.wanted], [1, undefined]);
  assert.equal((await client.history()).messages.length, 2);
  await (await client.prompt('Hey!')).success();
});

test('a message for a run that waits does not start it beside the active one', async (t) => {
  const client = await connect(t);
  const first = await client.prompt('sim:steady');
  const second = await client.prompt('Hey!');
  assert.equal(second.ack.status, 'waiting');
  await first.words();
  await redeliver(first.threadId, second.id);
  // Taken, and let go of: its epoch rises, its turn does not come.
  await until('the message was looked at', async () => (await runRow(first.threadId, second.id))?.epoch > 0, 30_000);
  await first.success();
  await second.success();
  const [[before], [after]] = [await streams(first.id), await streams(second.id)];
  assert.ok(after.started >= before.ended, 'one answer at a time');
  const { messages } = await client.history();
  assert.deepEqual(messages.map((/** @type {any} */ { role }) => role), ['user', 'assistant', 'user', 'assistant']);
  await queueEmpty(60_000);
});

test('a run that is in no line takes its place before it begins: the next prompt waits for it', async (t) => {
  const client = await connect(t);
  const runId = fresh('r');
  await spoil(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', holding: runId });
  const first = await client.prompt('sim:steady', { runId });
  const { threadId } = first;
  const meta = (await threadItems(threadId)).find(({ item }) => item === 'META');
  await put('threads', { ...meta, line: [] });
  await redeliver(threadId, runId);
  await first.words();
  assert.deepEqual(await lineOf(threadId), [first.id]);
  const second = await client.prompt('Hey!');
  assert.deepEqual([second.ack.status, second.ack.position], ['waiting', 1]);
  await first.success();
  await second.success();
  await free(threadId);
});

test('a message for a run that has ended tells its end again', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('Hey!');
  await run.success();
  const ends = () => client.socket.frames.filter(({ text }) => text.includes('"RUN_FINISHED"')).length;
  assert.equal(ends(), 1);
  await redeliver(run.threadId, run.id);
  await client.until('the end comes again', () => ends() > 1);
  assert.equal((await client.history()).messages.length, 2);
});
