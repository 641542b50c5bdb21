// Fairness between connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectionRow } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { ALWAYS, callsOf, inject } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { stack } from '../harness/stack.mjs';
import { idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** Returns the message groups of the jobs of a run. @param {string} runId */
async function groupsOf(runId) {
  const calls = await callsOf({ operation: 'SendMessage', containing: runId });
  return calls.map(({ function: by, body }) => [by, JSON.parse(body).MessageGroupId]);
}

test('a job belongs to the message group of the connection that caused it', async (t) => {
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const first = await client.prompt('sim:steady');
  const second = await client.prompt('Hey!');
  assert.equal(second.ack.status, 'waiting');
  await second.success();
  assert.deepEqual(await groupsOf(first.id), [['ingest', connectionId]]);
  // The worker sends it when the first run has ended.
  assert.deepEqual(await groupsOf(second.id), [['worker', connectionId]]);
});

test('20 resumes on a slow connection cost no worker and do not delay another client', async (t) => {
  const thread = newId('t');
  const writer = await connect(t, { query: { thread } });
  const runs = [];
  for (let count = 0; count < 20; count += 1) runs.push(await writer.answer('Hey!'));
  const reader = await connect(t, { query: { thread } });
  const { connectionId } = await reader.request({ action: 'hello' });
  const posts = await inject(t, {
    effect: 'hold',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
  });
  for (const { id: runId } of runs) {
    const { type, status } = await reader.request({ action: 'resume', threadId: thread, runId, after: 0 });
    assert.deepEqual([type, status], ['ack', 'resuming']);
  }
  await posts.matched();
  // All posts to the reader are held meanwhile.
  await (await (await connect(t)).prompt('Hey!')).success();
  await posts.remove();
  for (const { id } of runs) await reader.until(`the end of ${id}`, () => reader.runs.get(id)?.ended, 60_000);
  for (const run of runs) assert.deepEqual(reader.runs.get(run.id)?.events, run.events);

  const toReader = await callsOf({ operation: 'PostToConnection', containing: connectionId });
  assert.deepEqual([...new Set(toReader.map((call) => call.function))], ['replay']);
  // One invocation has done it all.
  assert.equal(new Set(toReader.map(({ pid }) => pid)).size, 1);
  const sent = (await callsOf({ operation: 'SendMessage', containing: connectionId })).map(({ body }) =>
    JSON.parse(body),
  );
  assert.equal(sent.length, 20);
  for (const { QueueUrl, MessageGroupId } of sent) {
    assert.deepEqual([QueueUrl, MessageGroupId], [stack().replay_queue_url, connectionId]);
  }
});

test('a later resume of a run replaces the replay that is under way', async (t) => {
  const thread = newId('t');
  const run = await (await connect(t, { query: { thread } })).answer('sim:long');
  const reader = await connect(t, { query: { thread } });
  const { connectionId } = await reader.request({ action: 'hello' });
  const posts = await inject(t, {
    effect: 'hold',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
  });
  const resume = (/** @type {number} */ after) =>
    reader.request({ action: 'resume', threadId: thread, runId: run.id, after });
  await resume(0);
  await posts.matched();
  const { last } = run.received;
  await resume(last - 1);
  await until('the row has no other replay', async () => {
    const { replays } = (await connectionRow(connectionId)) ?? {};
    return replays?.[`${thread}#${run.id}`]?.after === last - 1;
  });
  // The first replay ends, and the second one begins with a post of its own.
  await posts.matched(60_000, 2);
  await posts.remove();
  const resumed = await reader.until(
    '`resumed`',
    () => reader.responses.find(({ type }) => type === 'resumed'),
    60_000,
  );
  assert.equal(resumed.after, last - 1);
  const events = reader.socket.frames.flatMap(({ text }) => text.split('\n').map((line) => JSON.parse(line)));
  const numbers = events.flatMap(({ metadata }) => metadata?.['lw.seq'] ?? []);
  assert.deepEqual(numbers, [last]);
});

test('a replay whose process died is done by another one', async (t) => {
  const thread = newId('t');
  const run = await (await connect(t, { query: { thread } })).answer('Hey!');
  const reader = await connect(t, { query: { thread } });
  const { connectionId } = await reader.request({ action: 'hello' });
  const posts = await inject(t, { effect: 'hold', operation: 'PostToConnection', containing: connectionId });
  await reader.request({ action: 'resume', threadId: thread, runId: run.id, after: 0 });
  await posts.matched();
  const [{ pid }] = await callsOf({ operation: 'PostToConnection', containing: connectionId });
  await kill(pid ?? 0);
  await posts.remove();
  // The message returns after its visibility timeout of a minute, which is longer than the lease of the dead process.
  await reader.until('the end of the run', () => reader.runs.get(run.id)?.ended, 90_000);
  assert.deepEqual(reader.runs.get(run.id)?.events, run.events);
  await until('the lease is given up', async () => !(await connectionRow(connectionId))?.replayOwner);
});

test('a connection has unfinished runs on at most three threads', async (t) => {
  const client = await connect(t);
  const start = (/** @type {string} */ threadId) => client.prompt('sim:steady', { threadId });
  const runs = [];
  for (const threadId of [newId('t'), newId('t'), newId('t')]) runs.push(await start(threadId));
  const refused = await client.request({ action: 'prompt', prompt: 'Hey!', threadId: newId('t') });
  assert.deepEqual(
    [refused.type, refused.code, refused.retryable, refused.retryAfterMs],
    ['error', 'rate_limited', true, 5000],
  );
  const queued = await client.prompt('Hey!', { threadId: runs[0].threadId });
  assert.equal(queued.ack.status, 'waiting');
  const again = await client.request({
    action: 'prompt',
    prompt: 'sim:steady',
    threadId: runs[1].threadId,
    runId: runs[1].id,
  });
  assert.equal(again.duplicate, true);
  await runs[2].success();
  await idle(runs[2].threadId);
  await (await client.prompt('Hey!', { threadId: newId('t') })).success();
});

test('a connection with 50 `rate_limited` responses gets `bye` and is closed', async (t) => {
  await reconfigure(t, 'ingest', { variables: { MESSAGES_PER_SECOND: '1' } });
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  await flooded(client);
  const [bye, ...more] = client.responses.filter(({ type }) => type === 'bye');
  assert.deepEqual([bye.code, bye.reconnect, more.length], ['rate_limited', true, 0]);
  const refusals = client.responses.filter(({ code }) => code === 'rate_limited');
  assert.ok(refusals.length >= 50, `${refusals.length} refusals`);
  assert.equal(await connectionRow(connectionId), undefined);
  assert.equal((await (await connect(t)).request({ action: 'hello' })).type, 'ready');
  // Only the function `replay` posts.
  const posts = await callsOf({ operation: 'PostToConnection', containing: connectionId });
  assert.deepEqual(
    posts.map((call) => call.function),
    ['replay'],
  );
});

test('a connection of another format is refused in its format and closed without `bye`', async (t) => {
  await reconfigure(t, 'ingest', { variables: { MESSAGES_PER_SECOND: '1' } });
  const client = await connect(t, { protocols: [], query: { format: 'simple' } });
  // The message comes back for what the first invocation could not do.
  const closing = await inject(t, { effect: 'fail', operation: 'DeleteConnection', function: 'replay' });
  await flooded(client);
  assert.equal(await closing.count(), 1);
  const refusals = client.responses.filter(({ value }) => /too many messages/.test(value ?? ''));
  assert.ok(refusals.length >= 50, `${refusals.length} refusals`);
  assert.deepEqual([...new Set(client.responses.map(({ type }) => type))].sort(), ['error', 'pong']);
});

/**
 * Sends pings and frames that cannot be parsed until the connection is closed, or until `bye`: MiniStack does not close a
 * connection that always has another message waiting.
 * @param {Client} client
 */
async function flooded(client) {
  const requests = [{ action: 'ping' }, { action: 'dance' }];
  const over = () => client.socket.closed || client.catchUp().responses.some(({ type }) => type === 'bye');
  for (let count = 0; !over(); count += 1) {
    const received = client.socket.frames.length;
    client.socket.send(requests[count % requests.length]);
    await until('the next frame', () => client.socket.closed || client.socket.frames.length > received);
  }
  await until('the connection is closed', () => client.socket.closed);
  client.catchUp();
}
