// Deployments in the middle of runs: this version finishes the runs that version 1 wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, endedRow, putItem, queueEmpty, sendJob, setItemAttribute, threadItems } from '../harness/aws.mjs';
import { connect, newId, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { requests } from '../harness/simulator.mjs';
import { answersNextPrompt, idle } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;
const DAY_S = 86_400;

const seconds = () => Math.floor(Date.now() / 1000);

/** Writes a run as version 1 did: its row, its input, its thread. @param {any} more attributes of the row */
async function written(more = {}) {
  const [threadId, runId] = [newId('t'), newId('r')];
  const thread = `anonymous/${threadId}`;
  const [now, messageId] = [seconds(), newId('u')];
  const ttl = now + 2 * DAY_S;
  await putItem('threads', { thread, item: 'META', born: now, line: [runId], updatedAt: now, ttl: now + DAY_S });
  await putItem('threads', { thread, item: `RUN#${runId}#IN`, v: 1, messageId, prompt: 'Hey!', reasoning: false, ttl });
  await putItem('threads', {
    thread,
    item: `RUN#${runId}`,
    v: 1,
    status: 'queued',
    epoch: 0,
    restarts: [],
    leaseUntil: 0,
    wakeBy: now + 300,
    crashes: 0,
    attached: {},
    onGone: 'finish',
    lastSeq: 0,
    messageId,
    startedAt: now,
    ttl,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
    ...more,
  });
  return { threadId, runId };
}

/**
 * Checks that the run finishes and that the next prompt is answered.
 * @param {import('node:test').TestContext} t
 * @param {{threadId: string, runId: string}} run
 */
async function finished(t, { threadId, runId }) {
  const row = await endedRow(threadId, runId, RECOVERY_MS);
  assert.equal(row.status, 'finished');
  await idle(threadId);
  const client = await reconnecting(t, threadId);
  const { messages } = await client.history();
  assert.deepEqual(
    messages.map((/** @type {any} */ { content }) => content),
    ['Hey!', 'Hello! How can I help you today?'],
  );
  await answersNextPrompt(client);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  return row;
}

test('a queued run of version 1 and its job are executed', async (t) => {
  const run = await written();
  await sendJob({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  await finished(t, run);
});

test('a run whose worker of version 1 crashed is reclaimed', async (t) => {
  const run = await written({ status: 'running', epoch: 1, takenBy: 'an-invocation', leaseUntil: seconds() - 10 });
  await sendJob({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  const row = await finished(t, run);
  assert.deepEqual([row.crashes, row.epoch, row.restarts], [1, 2, [1]]);
  assert.equal((await requests(run.runId)).length, 1);
});

test('a subscriber that version 1 attached receives the events', async (t) => {
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const shape = { format: 'agui', lines: 'many' };
  const run = await written({ attached: { [connectionId]: { after: 0, shape } }, onGone: 'cancel' });
  await sendJob({ v: 1, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  await client.until('the end of the run', () => client.runs.get(run.runId)?.ended, RECOVERY_MS);
  await finished(t, run);
});

test('a replay job that was sent before replays had a queue of their own is done', async (t) => {
  const threadId = newId('t');
  const run = await (await connect(t, { query: { thread: threadId } })).answer('Hey!');
  const reader = await connect(t, { query: { thread: threadId } });
  const { connectionId } = await reader.request({ action: 'hello' });
  const cursor = { after: 0, shape: { format: 'agui', lines: 'many' }, asked: Date.now() };
  const replay = { connection: connectionId, cursor };
  await sendJob({ v: 2, owner: 'anonymous', threadId, runId: run.id, replay });
  await reader.until('`resumed`', () => reader.responses.find(({ type }) => type === 'resumed'), RECOVERY_MS);
  assert.deepEqual(reader.runs.get(run.id)?.events, run.events);
});

test('a run that a newer version wrote ends as failed and frees its thread', async (t) => {
  const run = await written({ v: 99, mood: 'good' });
  await sendJob({ v: 2, owner: 'anonymous', threadId: run.threadId, runId: run.runId });
  const row = await endedRow(run.threadId, run.runId, RECOVERY_MS);
  assert.equal(row.status, 'failed');
  await idle(run.threadId);
  await answersNextPrompt(await reconnecting(t, run.threadId));
  await queueEmpty(RECOVERY_MS);
});

test('a message that a newer version wrote is left out of requests and of the history', async (t) => {
  const client = await connect(t);
  const first = await client.answer('Hey!');
  const [{ thread, item }] = (await threadItems(first.threadId)).filter((each) => each.item.startsWith('MSG#'));
  await setItemAttribute(first.threadId, item, 'body', '{"role":"narrator"}');
  await answersNextPrompt(client);
  const { messages } = await client.history();
  assert.deepEqual(
    messages.map((/** @type {any} */ { role }) => role),
    ['assistant', 'user', 'assistant'],
    `${thread} keeps its other messages`,
  );
});

test('a message of an earlier version is freed of its expiry when its thread is used', async (t) => {
  const client = await connect(t);
  const first = await client.answer('Hey!');
  const stored = async () => (await threadItems(first.threadId)).filter((each) => each.item.startsWith('MSG#'));
  // As earlier versions wrote them; DynamoDB deletes expired items days late, and the thread is alive.
  for (const { item } of await stored()) await setItemAttribute(first.threadId, item, 'ttl', seconds() - 60);
  await answersNextPrompt(client);
  await until('messages without expiry', async () => (await stored()).every(({ ttl }) => ttl === undefined));
  assert.equal((await client.history()).messages.length, 4);
  const meta = (await threadItems(first.threadId)).find(({ item }) => item === 'META');
  assert.ok(meta?.ttl > seconds() + DAY_S - 3600, 'the thread has the only expiry');
});
