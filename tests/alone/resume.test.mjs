// Coming back at awkward moments, which only a held or slowed call can show.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectionRow, runRow } from '../harness/aws.mjs';
import { fresh, loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { functionIs } from '../harness/functions.mjs';
import { scenario } from '../harness/simulator.mjs';
import { ALWAYS, callsOf, spoil } from '../harness/spoil.mjs';
import { free, goesOn, told } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** The largest frame, in bytes. */
const MAX_FRAME = 28_672;

test('after `REPLAY_SECONDS` a run’s lines are gone: `resume_expired`, and the history has what was said', async (t) => {
  for (const name of ['ingest', 'worker']) await functionIs(t, name, { variables: { REPLAY_SECONDS: '2' } });
  const client = await loyal(t);
  const run = await client.answer('Hey!');
  const ask = () => client.ask({ action: 'resume', threadId: run.threadId, runId: run.id, after: 0, id: fresh('q') });
  const refused = await until('it has expired', async () => {
    const answer = await ask();
    return answer.type === 'error' && answer;
  }, 20_000);
  assert.deepEqual([refused.code, refused.retryable ?? false], ['resume_expired', false]);
  assert.equal((await client.history()).messages.length, 2);
});

test('whoever comes back while the run’s end is being stored is served', async (t) => {
  const thread = fresh('t');
  const [client, late] = [await loyal(t, thread), await loyal(t, thread)];
  const run = await client.prompt('Hey!', { options: { onGone: 'finish' } });
  const commit = await spoil(t, { effect: 'hold', operation: 'TransactWriteItems', function: 'worker', holding: [run.id, 'RUN_FINISHED'] });
  await commit.met();
  const seen = late.watch(run);
  await late.until('it is acknowledged', () => late.controls.find(({ type, action }) => type === 'ack' && action === 'resume'));
  await commit.withdraw();
  await seen.success();
  assert.deepEqual(seen.lines, (await run.success()).lines);
  await told(run);
});

test('whoever comes back between the end’s two writes is served', async (t) => {
  const thread = fresh('t');
  const [client, late] = [await loyal(t, thread), await loyal(t, thread)];
  const run = await client.prompt('Hey!', { options: { onGone: 'finish' } });
  const advance = await spoil(t, { effect: 'hold', operation: 'UpdateItem', function: 'worker', holding: [thread, 'REMOVE', 'line'] });
  await advance.met();
  const seen = late.watch(run);
  await late.until('it is acknowledged', () => late.controls.find(({ type, action }) => type === 'ack' && action === 'resume'));
  await advance.withdraw();
  await seen.success();
  assert.deepEqual(seen.lines, (await run.success()).lines);
  await free(thread);
});

test('a socket that breaks again in the middle of a replay', async (t) => {
  const thread = fresh('t');
  const client = await loyal(t, thread);
  const run = await (await client.prompt('sim:long')).success();
  const late = await loyal(t, thread);
  const { connectionId } = await late.ask({ action: 'hello' });
  const slow = await spoil(t, { effect: 'delay', operation: 'PostToConnection', holding: connectionId, times: ALWAYS, ms: 400 });
  const seen = late.watch(run);
  await seen.line('the first lines', () => true);
  late.drop();
  await slow.withdraw();
  await seen.success();
  assert.deepEqual(seen.lines, run.lines);
});

test('ten thousand events are replayed before the live ones, while the other subscribers receive theirs', async (t) => {
  await functionIs(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  const many = Array.from({ length: 3350 }, (_, at) => ({ text: `w${at} ` }));
  const first = { deltas_per_s: 0, blocks: [...many, { tool: 'get_weather', input: { location: 'Berlin' } }] };
  const second = { deltas_per_s: 20, blocks: [{ text: 'word '.repeat(200) }] };
  await scenario('tests-many', { steps: [first, second] });
  const thread = fresh('t');
  const [client, other] = [await loyal(t, thread), await loyal(t, thread)];
  const run = await client.prompt('sim:tests-many');
  const twin = other.watch(run);
  const page = await loyal(t, thread);
  const { connectionId } = await page.ask({ action: 'hello' });
  // Ten thousand events are 70 frames, so the replay takes 1.7 s or more.
  await spoil(t, { effect: 'delay', operation: 'PostToConnection', function: 'worker', holding: connectionId, times: ALWAYS, ms: 25 });
  await run.line('the second step', ({ type, stepName }) => type === 'STEP_STARTED' && stepName === 'turn-2', 60_000);
  const began = Date.now();
  const seen = page.watch(run);
  await page.until('resumed', () => page.controls.find(({ type }) => type === 'resumed'), 60_000);
  const resumed = Date.now();
  t.diagnostic(`${seen.lines.length} events replayed in ${resumed - began} ms`);
  assert.ok(seen.lines.length > 10_000, `${seen.lines.length} events`);
  const meanwhile = client.socket.frames.filter(({ at }) => at > began && at < resumed).length;
  assert.ok(meanwhile >= 10, `${meanwhile} frames for the first subscriber during the replay`);
  await Promise.all([run, twin, seen].map((each) => each.whole(60_000)));
  const texts = (/** @type {Run} */ { lines }) => lines.map((line) => JSON.stringify(line));
  assert.deepEqual(texts(seen), texts(run));
  assert.deepEqual(texts(twin), texts(run));
  const frames = page.socket.frames.map(({ text }) => Buffer.byteLength(text));
  assert.ok(Math.max(...frames) <= MAX_FRAME, `${Math.max(...frames)} bytes`);
});

test('a connection that takes no frame for half a minute is detached; the other one gets everything', async (t) => {
  const thread = fresh('t');
  const [client, stuck] = [await loyal(t, thread), await loyal(t, thread)];
  const { connectionId } = await stuck.ask({ action: 'hello' });
  const posts = await spoil(t, { effect: 'hold', operation: 'PostToConnection', holding: connectionId, times: ALWAYS });
  const run = await client.prompt('sim:slow');
  await posts.met();
  const began = Date.now();
  const tries = async () => (await callsOf({ operation: 'PostToConnection', holding: connectionId })).map(({ at }) => at - began);
  await run.success(90_000);
  const last = Math.max(...await tries());
  t.diagnostic(`${(await tries()).length} posts were tried, the last after ${last} ms`);
  assert.ok(last > 5000 && last < 36_000, 'it is tried for half a minute, and then no more');
  assert.ok(await connectionRow(connectionId), 'it is not gone, only detached');
  // Once it takes frames again it comes back by itself.
  await posts.withdraw();
  const seen = stuck.watch(run);
  await seen.success();
  assert.deepEqual(seen.lines, run.lines);
  await goesOn(client);
});

test('two threads with two sockets each, all broken at once: nobody gets a line that is not theirs', async (t) => {
  const threads = [fresh('t'), fresh('t')];
  const clients = await Promise.all(threads.flatMap((thread) => [loyal(t, thread), loyal(t, thread)]));
  const runs = await Promise.all([0, 2].map((at) => clients[at].prompt('sim:steady', { options: { onGone: 'grace:30' } })));
  for (const run of runs) await run.words();
  for (const client of clients) client.drop();
  for (const run of runs) await run.success();
  for (const [at, client] of clients.entries()) {
    const own = runs[at < 2 ? 0 : 1].id;
    await client.until('its end', () => client.runs.get(own)?.ended, 30_000);
    assert.ok([...client.catchUp().runs.keys()].every((id) => id === own));
  }
  assert.equal((await runRow(threads[0], runs[0].id))?.status, 'finished');
});
