// Twenty prompts at once from three sockets at one thread.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow } from '../harness/aws.mjs';
import { connect, fresh } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { requests, scenario, streams } from '../harness/simulator.mjs';
import { free, goesOn } from '../harness/thread.mjs';

const PROMPTS = 20;
const LONG_MS = 120_000;

/**
 * Three sockets on one thread of their own.
 * @param {any} t
 * @param {import('../harness/client.mjs').Loyalty} [loyalty] who stays repeats what a busy machine refuses
 */
async function crowd(t, loyalty) {
  const query = { thread: fresh('t') };
  return Promise.all([1, 2, 3].map(() => connect(t, { query, loyalty })));
}

/** Twenty prompts at once, and what they are answered with. @param {any[]} clients @param {object} options @param {(at: number) => string} prompt */
function burst(clients, options, prompt, count = PROMPTS) {
  return Promise.all(Array.from({ length: count }, async (_, at) => {
    const client = clients[at % clients.length];
    const runId = fresh('r');
    const start = { action: 'prompt', prompt: prompt(at), runId, options };
    let answer = await client.ask(start, LONG_MS);
    // A busy machine may be too slow for ingest; the same start is sent again, as every client does.
    for (let tries = 0; answer.code === 'unavailable' && tries < 10; tries += 1) answer = await client.ask(start, LONG_MS);
    return { at, client, runId, threadId: client.options.query.thread, answer };
  }));
}

/** How a run ended, by its row. @param {{threadId: string, runId: string}} run */
async function ending({ threadId, runId }) {
  const { status, reason } = await endedRow(threadId, runId, LONG_MS);
  return reason ? `${status} ${reason}` : status;
}

describe('twenty prompts at once', { concurrency: 1 }, () => {
  test('queue: all are answered, once each, in the order of their places', async (t) => {
    const clients = await crowd(t, 'stays');
    const runs = await burst(clients, { ifBusy: 'queue' }, (at) => `My name is N${at}.`);
    assert.ok(runs.every(({ answer }) => answer.type === 'ack'), JSON.stringify(runs.map(({ answer }) => answer)));
    const waiting = runs.filter(({ answer }) => answer.status === 'waiting');
    assert.ok(waiting.every(({ answer }) => answer.position > 0 && answer.position < PROMPTS));
    for (const run of runs) assert.equal(await ending(run), 'finished');
    await free(runs[0].threadId, LONG_MS);
    const models = await Promise.all(runs.map(async ({ runId }) => (await streams(runId))));
    assert.deepEqual(models.map((each) => each.length), runs.map(() => 1), 'each is answered once');
    const sorted = runs.map(({ at }) => at).sort((one, other) => models[one][0].started - models[other][0].started);
    for (const [place, at] of sorted.slice(1).entries()) {
      assert.ok(models[sorted[place]][0].ended <= models[at][0].started, 'one after another');
    }
    // A place counts those before it at that time, so two runs of which one was acknowledged later may share it;
    // but whoever had a lower place when both waited comes first.
    const { messages } = await clients[0].history({ limit: 100 });
    const said = messages.filter(({ role }) => role === 'user').map(({ content }) => Number(/N(\d+)/.exec(content)?.[1]));
    assert.deepEqual(said, sorted);
    await goesOn(clients[1]);
  });

  test('queue, behind a run that goes on: the places are the order', async (t) => {
    // Two minutes, unless it is cancelled.
    await scenario('tests-hold-long', { steps: [{ deltas_per_s: 1, blocks: [{ text: 'word '.repeat(120) }] }] });
    const clients = await crowd(t, 'stays');
    const first = await clients[0].prompt('sim:tests-hold-long');
    await first.words();
    const runs = await burst(clients, { ifBusy: 'queue' }, (at) => `My name is N${at}.`, PROMPTS - 1);
    const order = runs.sort((one, other) => one.answer.position - other.answer.position);
    assert.deepEqual(order.map(({ answer }) => answer.position), order.map((_, at) => at + 1));
    assert.equal((await clients[0].cancel(first)).status, 'cancelling');
    for (const run of order) assert.equal(await ending(run), 'finished');
    const { messages } = await clients[0].history({ limit: 100 });
    const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    assert.deepEqual(said, ['sim:tests-hold-long', ...order.map(({ at }) => `My name is N${at}.`)]);
    assert.equal((await first.end()).outcome?.type, 'cancelled');
    await free(first.threadId);
  });

  test('reject: each is a run, or told that the thread is busy', async (t) => {
    const clients = await crowd(t);
    const runs = await burst(clients, { ifBusy: 'reject' }, () => 'sim:steady');
    const started = runs.filter(({ answer }) => answer.type === 'ack');
    const rejected = runs.filter(({ answer }) => answer.type !== 'ack');
    assert.ok(started.length >= 1, 'somebody came first');
    assert.ok(started.every(({ answer }) => answer.status === 'queued'));
    assert.ok(rejected.every(({ answer, runId }) => answer.code === 'thread_busy' && answer.runId === runId));
    for (const run of started) assert.equal(await ending(run), 'finished');
    for (const { runId } of rejected) assert.deepEqual(await requests(runId), []);
    await free(runs[0].threadId);
    // A refused start can be sent again under its name.
    const [{ client, runId }] = rejected;
    const again = await client.prompt('Hey!', { runId, options: { ifBusy: 'reject' } });
    await again.success();
  });

  test('interrupt: one is left, all before it are superseded', async (t) => {
    const clients = await crowd(t);
    const first = await clients[0].prompt('sim:slow');
    const waits = await clients[1].prompt('My name is Ada.');
    await first.words();
    const runs = await burst(clients, { ifBusy: 'interrupt' }, () => 'sim:steady');
    const started = runs.filter(({ answer }) => answer.type === 'ack');
    assert.ok(runs.every(({ answer }) => answer.type === 'ack' || answer.retryable), JSON.stringify(runs.map(({ answer }) => answer)));
    const ends = await Promise.all(started.map(ending));
    assert.ok(ends.every((end) => ['finished', 'cancelled superseded'].includes(end)), ends.join(', '));
    assert.ok(ends.filter((end) => end === 'finished').length >= 1);
    for (const run of [first, waits]) assert.equal(await ending({ threadId: run.threadId, runId: run.id }), 'cancelled superseded');
    const last = await first.end();
    assert.equal(last.metadata['lw.reason'], 'superseded');
    await free(first.threadId);
    for (const { runId, client } of started) {
      const told = client.runs.get(runId);
      if (told) await until('its end came', () => client.catchUp() && told.ended);
    }
    await goesOn(clients[2]);
  });
});

describe('the second prompt', { concurrency: 3 }, () => {
  test('reject, behind an active run: refused, and nothing of it is left', async (t) => {
    const [client, other] = await crowd(t);
    const run = await client.prompt('sim:steady');
    const refused = await other.ask({ action: 'prompt', prompt: 'Hey!', runId: fresh('r'), options: { ifBusy: 'reject' } });
    assert.deepEqual([refused.type, refused.code, refused.retryable], ['error', 'thread_busy', true]);
    await run.success();
    assert.equal((await client.history()).messages.length, 2);
  });

  test('interrupt: the active run stops, what waited never starts, the new one is answered', async (t) => {
    const [client, other] = await crowd(t);
    const run = await client.prompt('sim:slow');
    const waits = await client.prompt('My name is Ada.');
    await run.words();
    const wins = await other.prompt('What is my name?', { options: { ifBusy: 'interrupt' } });
    await wins.success();
    assert.equal((await run.end()).metadata['lw.reason'], 'superseded');
    assert.equal(await ending({ threadId: run.threadId, runId: waits.id }), 'cancelled superseded');
    assert.deepEqual(await requests(waits.id), []);
    await goesOn(client);
  });

  test('interrupt on a free thread is a prompt like any other', async (t) => {
    const [client] = await crowd(t);
    await (await client.prompt('Hey!', { options: { ifBusy: 'interrupt' } })).success();
  });

  test('a policy nobody knows is refused', async (t) => {
    const [client] = await crowd(t);
    const refused = await client.ask({ action: 'prompt', prompt: 'Hey!', options: { ifBusy: 'shout' } });
    assert.deepEqual([refused.type, refused.code], ['error', 'invalid_message']);
    assert.match(refused.message, /ifBusy/);
  });
});
