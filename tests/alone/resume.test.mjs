// Resumes at moments that only a held or delayed call makes reproducible.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectionRow, runRow } from '../harness/aws.mjs';
import { newId, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { ALWAYS, callsOf, inject } from '../harness/inject.mjs';
import { scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** The largest frame, in bytes. */
const MAX_FRAME = 28_672;

test('a resume after `REPLAY_SECONDS` gets `resume_expired`, and the history has the messages', async (t) => {
  for (const name of ['ingest', 'worker']) await reconfigure(t, name, { variables: { REPLAY_SECONDS: '2' } });
  const client = await reconnecting(t);
  const run = await client.answer('Hey!');
  const resume = () =>
    client.request({ action: 'resume', threadId: run.threadId, runId: run.id, after: 0, id: newId('q') });
  const error = await until(
    'resume_expired',
    async () => {
      const response = await resume();
      return response.type === 'error' && response;
    },
    20_000,
  );
  assert.deepEqual([error.code, error.retryable ?? false], ['resume_expired', false]);
  assert.equal((await client.history()).messages.length, 2);
});

test('a resume while the end of the run is being committed is served', async (t) => {
  const thread = newId('t');
  const [client, late] = [await reconnecting(t, thread), await reconnecting(t, thread)];
  const run = await client.prompt('Hey!', { options: { onGone: 'finish' } });
  const commit = await inject(t, {
    effect: 'hold',
    operation: 'TransactWriteItems',
    function: 'worker',
    containing: [run.id, 'RUN_FINISHED'],
  });
  await commit.matched();
  const seen = late.subscribe(run);
  await late.until('the ack', () => late.responses.find(({ type, action }) => type === 'ack' && action === 'resume'));
  await commit.remove();
  await seen.success();
  assert.deepEqual(seen.events, (await run.success()).events);
  await historyMatches(run);
});

test('a resume between the two writes of the end is served', async (t) => {
  const thread = newId('t');
  const [client, late] = [await reconnecting(t, thread), await reconnecting(t, thread)];
  const run = await client.prompt('Hey!', { options: { onGone: 'finish' } });
  const advance = await inject(t, {
    effect: 'hold',
    operation: 'UpdateItem',
    function: 'worker',
    containing: [thread, 'REMOVE', 'line'],
  });
  await advance.matched();
  const seen = late.subscribe(run);
  await late.until('the ack', () => late.responses.find(({ type, action }) => type === 'ack' && action === 'resume'));
  await advance.remove();
  await seen.success();
  assert.deepEqual(seen.events, (await run.success()).events);
  await idle(thread);
});

test('a replay continues on a new connection after the old one broke', async (t) => {
  const thread = newId('t');
  const client = await reconnecting(t, thread);
  const run = await (await client.prompt('sim:long')).success();
  const late = await reconnecting(t, thread);
  const { connectionId } = await late.request({ action: 'hello' });
  const slow = await inject(t, {
    effect: 'delay',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
    ms: 400,
  });
  const seen = late.subscribe(run);
  await seen.event('the first event', () => true);
  late.drop();
  await slow.remove();
  await seen.success();
  assert.deepEqual(seen.events, run.events);
});

test('a replay of ten thousand events comes before the live ones and does not delay other subscribers', async (t) => {
  await reconfigure(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  const many = Array.from({ length: 3350 }, (_, at) => ({ text: `w${at} ` }));
  const first = { deltas_per_s: 0, blocks: [...many, { tool: 'get_weather', input: { location: 'Berlin' } }] };
  const second = { deltas_per_s: 20, blocks: [{ text: 'word '.repeat(200) }] };
  await scenario('tests-many', { steps: [first, second] });
  const thread = newId('t');
  const [client, other] = [await reconnecting(t, thread), await reconnecting(t, thread)];
  const run = await client.prompt('sim:tests-many');
  const twin = other.subscribe(run);
  await run.event('the second step', ({ type, stepName }) => type === 'STEP_STARTED' && stepName === 'turn-2', 60_000);
  const page = await reconnecting(t, thread);
  const { connectionId } = await page.request({ action: 'hello' });
  // Ten thousand events are 70 frames, so the replay takes 1.7 s or more.
  await inject(t, {
    effect: 'delay',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
    ms: 25,
  });
  const began = Date.now();
  const seen = page.subscribe(run);
  await page.until('`resumed`', () => page.responses.find(({ type }) => type === 'resumed'), 60_000);
  const resumed = Date.now();
  t.diagnostic(`${seen.events.length} events replayed in ${resumed - began} ms`);
  assert.ok(seen.events.length > 10_000, `${seen.events.length} events`);
  const meanwhile = client.socket.frames.filter(({ at }) => at > began && at < resumed).length;
  assert.ok(meanwhile >= 10, `${meanwhile} frames for the first subscriber during the replay`);
  await Promise.all([run, twin, seen].map((each) => each.complete(60_000)));
  const texts = (/** @type {Run} */ { events }) => events.map((event) => JSON.stringify(event));
  assert.deepEqual(texts(seen), texts(run));
  assert.deepEqual(texts(twin), texts(run));
  const frames = page.socket.frames.map(({ text }) => Buffer.byteLength(text));
  assert.ok(Math.max(...frames) <= MAX_FRAME, `${Math.max(...frames)} bytes`);
});

test('a subscriber whose posts fail for 30 s is detached and does not delay the other one', async (t) => {
  const thread = newId('t');
  const [client, stuck] = [await reconnecting(t, thread), await reconnecting(t, thread)];
  const { connectionId } = await stuck.request({ action: 'hello' });
  const posts = await inject(t, {
    effect: 'hold',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
  });
  const run = await client.prompt('sim:slow');
  await posts.matched();
  const began = Date.now();
  const tries = async () =>
    (await callsOf({ operation: 'PostToConnection', containing: connectionId })).map(({ at }) => at - began);
  await run.success(90_000);
  const last = Math.max(...(await tries()));
  t.diagnostic(`${(await tries()).length} posts were tried, the last after ${last} ms`);
  assert.ok(last > 5000 && last < 36_000, 'posts are retried for 30 s and then no more');
  assert.ok(await connectionRow(connectionId), 'the connection is detached but not deleted');
  // The client resumes when its connection works again.
  await posts.remove();
  const seen = stuck.subscribe(run);
  await seen.success();
  assert.deepEqual(seen.events, run.events);
  await answersNextPrompt(client);
});

test('clients of two threads that all reconnect receive only the events of their own thread', async (t) => {
  const threads = [newId('t'), newId('t')];
  const clients = await Promise.all(threads.flatMap((thread) => [reconnecting(t, thread), reconnecting(t, thread)]));
  const runs = await Promise.all(
    [0, 2].map((at) => clients[at].prompt('sim:steady', { options: { onGone: 'grace:30' } })),
  );
  for (const run of runs) await run.firstText();
  for (const client of clients) client.drop();
  for (const run of runs) await run.success();
  for (const [at, client] of clients.entries()) {
    const own = runs[at < 2 ? 0 : 1].id;
    await client.until('the end of the run', () => client.runs.get(own)?.ended, 30_000);
    assert.ok([...client.catchUp().runs.keys()].every((id) => id === own));
  }
  assert.equal((await runRow(threads[0], runs[0].id))?.status, 'finished');
});
