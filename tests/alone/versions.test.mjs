// A deployment happens in the middle of runs: what the version before wrote is finished by this one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, endedRow, put, queueEmpty, send } from '../harness/aws.mjs';
import { connect, fresh, loyal } from '../harness/client.mjs';
import { requests } from '../harness/simulator.mjs';
import { free, goesOn } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;
const DAY_S = 86_400;

const seconds = () => Math.floor(Date.now() / 1000);

/** A run as version 1 wrote it: its row, its input, its thread. @param {any} more fields of the row */
async function written(more = {}) {
  const [threadId, runId] = [fresh('t'), fresh('r')];
  const thread = `anonymous/${threadId}`;
  const [now, messageId] = [seconds(), fresh('u')];
  const ttl = now + 2 * DAY_S;
  await put('threads', { thread, item: 'META', born: now, line: [runId], updatedAt: now, ttl: now + DAY_S });
  await put('threads', { thread, item: `RUN#${runId}#IN`, v: 1, messageId, prompt: 'Hey!', reasoning: false, ttl });
  await put('threads', {
    thread, item: `RUN#${runId}`, v: 1, status: 'queued', epoch: 0, restarts: [], leaseUntil: 0, wakeBy: now + 300,
    crashes: 0, attached: {}, onGone: 'finish', lastSeq: 0, messageId, startedAt: now, ttl,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
    ...more,
  });
  return { threadId, runId };
}

/** The run came to its end and the thread goes on. @param {any} t @param {{threadId: string, runId: string}} run */
async function finished(t, { threadId, runId }) {
  const row = await endedRow(threadId, runId, RECOVERY_MS);
  assert.equal(row.status, 'finished');
  await free(threadId);
  const client = await loyal(t, threadId);
  const { messages } = await client.history();
  assert.deepEqual(messages.map(({ content }) => content), ['Hey!', 'Hello! How can I help you today?']);
  await goesOn(client);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  return row;
}

test('a run that waited for a worker, and its job', async (t) => {
  const run = await written();
  await send({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  await finished(t, run);
});

test('a run whose worker was replaced in the middle of it', async (t) => {
  const run = await written({ status: 'running', epoch: 1, takenBy: 'an-invocation', leaseUntil: seconds() - 10 });
  await send({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  const row = await finished(t, run);
  assert.deepEqual([row.crashes, row.epoch, row.restarts], [1, 2, [1]]);
  assert.equal((await requests(run.runId)).length, 1);
});

test('a run whose connection is of the version before: it gets its lines', async (t) => {
  const client = await connect(t);
  const { connectionId } = await client.ask({ action: 'hello' });
  const shape = { format: 'agui', lines: 'many' };
  const run = await written({ attached: { [connectionId]: { after: 0, shape } }, onGone: 'cancel' });
  await send({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  await client.until('its end', () => client.runs.get(run.runId)?.ended, RECOVERY_MS);
  await finished(t, run);
});
