// Twenty prompts at the same time from three connections on one thread, with each `ifBusy` policy.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { requests, scenario, streams } from '../harness/simulator.mjs';
import { answersNextPrompt, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const PROMPTS = 20;
const LONG_MS = 120_000;

/**
 * Opens three connections on one thread.
 * @param {import('node:test').TestContext} t
 * @param {{reconnect?: boolean}} [options] `reconnect`: also repeats starts that a busy machine refuses
 */
async function crowd(t, options) {
  const query = { thread: newId('t') };
  return Promise.all([1, 2, 3].map(() => connect(t, { query, ...options })));
}

/**
 * Sends prompts at the same time and waits for their responses.
 * @param {Client[]} clients
 * @param {object} options
 * @param {(at: number) => string} prompt
 */
function burst(clients, options, prompt, count = PROMPTS) {
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const client = clients[at % clients.length];
      const runId = newId('r');
      const start = { action: 'prompt', prompt: prompt(at), runId, options };
      let answer = await client.request(start, LONG_MS);
      // The ingest function may time out on a busy machine; the start is repeated, as clients do.
      for (let tries = 0; answer.code === 'unavailable' && tries < 10; tries += 1)
        answer = await client.request(start, LONG_MS);
      return { at, client, runId, threadId: client.options.query?.thread ?? '', answer };
    }),
  );
}

/** Waits for the end of a run and returns its status and reason. @param {{threadId: string, runId: string}} run */
async function ending({ threadId, runId }) {
  const { status, reason } = await endedRow(threadId, runId, LONG_MS);
  return reason ? `${status} ${reason}` : status;
}

describe('twenty prompts at the same time', { concurrency: 1 }, () => {
  test('queue: each is answered once, in the order of the queue', async (t) => {
    const clients = await crowd(t, { reconnect: true });
    const runs = await burst(clients, { ifBusy: 'queue' }, (at) => `My name is N${at}.`);
    assert.ok(
      runs.every(({ answer }) => answer.type === 'ack'),
      JSON.stringify(runs.map(({ answer }) => answer)),
    );
    const waiting = runs.filter(({ answer }) => answer.status === 'waiting');
    assert.ok(waiting.every(({ answer }) => answer.position > 0 && answer.position < PROMPTS));
    for (const run of runs) assert.equal(await ending(run), 'finished');
    await idle(runs[0].threadId, LONG_MS);
    const models = await Promise.all(runs.map(async ({ runId }) => await streams(runId)));
    assert.deepEqual(
      models.map((each) => each.length),
      runs.map(() => 1),
      'one request to the model for each run',
    );
    const sorted = runs.map(({ at }) => at).sort((one, other) => models[one][0].started - models[other][0].started);
    for (const [place, at] of sorted.slice(1).entries()) {
      assert.ok(models[sorted[place]][0].ended <= models[at][0].started, 'the runs do not overlap');
    }
    // Positions are those at the time of the ack, so two runs may have the same one. The history has the final order.
    const { messages } = await clients[0].history({ limit: 100 });
    const prompts = messages
      .filter((/** @type {any} */ { role }) => role === 'user')
      .map((/** @type {any} */ { content }) => Number(/N(\d+)/.exec(content)?.[1]));
    assert.deepEqual(prompts, sorted);
    await answersNextPrompt(clients[1]);
  });

  test('queue: behind an active run the positions are the order of the runs', async (t) => {
    // The run takes two minutes, unless it is cancelled.
    await scenario('tests-hold-long', { steps: [{ deltas_per_s: 1, blocks: [{ text: 'word '.repeat(120) }] }] });
    const clients = await crowd(t, { reconnect: true });
    const first = await clients[0].prompt('sim:tests-hold-long');
    await first.firstText();
    const runs = await burst(clients, { ifBusy: 'queue' }, (at) => `My name is N${at}.`, PROMPTS - 1);
    const order = runs.sort((one, other) => one.answer.position - other.answer.position);
    assert.deepEqual(
      order.map(({ answer }) => answer.position),
      order.map((_, at) => at + 1),
    );
    assert.equal((await clients[0].cancel(first)).status, 'cancelling');
    for (const run of order) assert.equal(await ending(run), 'finished');
    const { messages } = await clients[0].history({ limit: 100 });
    const prompts = messages
      .filter((/** @type {any} */ { role }) => role === 'user')
      .map((/** @type {any} */ { content }) => content);
    assert.deepEqual(prompts, ['sim:tests-hold-long', ...order.map(({ at }) => `My name is N${at}.`)]);
    assert.equal((await first.end()).outcome?.type, 'cancelled');
    await idle(first.threadId);
  });

  test('reject: each starts or is refused with thread_busy', async (t) => {
    const clients = await crowd(t);
    const runs = await burst(clients, { ifBusy: 'reject' }, () => 'sim:steady');
    const started = runs.filter(({ answer }) => answer.type === 'ack');
    const rejected = runs.filter(({ answer }) => answer.type !== 'ack');
    assert.ok(started.length >= 1, 'at least one starts');
    assert.ok(started.every(({ answer }) => answer.status === 'queued'));
    assert.ok(rejected.every(({ answer, runId }) => answer.code === 'thread_busy' && answer.runId === runId));
    for (const run of started) assert.equal(await ending(run), 'finished');
    for (const { runId } of rejected) assert.deepEqual(await requests(runId), []);
    await idle(runs[0].threadId);
    // A refused run can be started later with the same id.
    const [{ client, runId }] = rejected;
    const again = await client.prompt('Hey!', { runId, options: { ifBusy: 'reject' } });
    await again.success();
  });

  test('interrupt: each either finishes or is cancelled as superseded', async (t) => {
    const clients = await crowd(t);
    const first = await clients[0].prompt('sim:slow');
    const queued = await clients[1].prompt('My name is Ada.');
    await first.firstText();
    const runs = await burst(clients, { ifBusy: 'interrupt' }, () => 'sim:steady');
    const started = runs.filter(({ answer }) => answer.type === 'ack');
    assert.ok(
      runs.every(({ answer }) => answer.type === 'ack' || answer.retryable),
      JSON.stringify(runs.map(({ answer }) => answer)),
    );
    const ends = await Promise.all(started.map(ending));
    assert.ok(
      ends.every((end) => ['finished', 'cancelled superseded'].includes(end)),
      ends.join(', '),
    );
    assert.ok(ends.filter((end) => end === 'finished').length >= 1);
    for (const run of [first, queued])
      assert.equal(await ending({ threadId: run.threadId, runId: run.id }), 'cancelled superseded');
    const last = await first.end();
    assert.equal(last.metadata['lw.reason'], 'superseded');
    await idle(first.threadId);
    for (const { runId, client } of started) {
      const run = client.runs.get(runId);
      if (run) await until('the end of the run', () => client.catchUp() && run.ended);
    }
    await answersNextPrompt(clients[2]);
  });
});

describe('a second prompt', { concurrency: 3 }, () => {
  test('with ifBusy reject is refused during an active run and not stored', async (t) => {
    const [client, other] = await crowd(t);
    const run = await client.prompt('sim:steady');
    const error = await other.request({
      action: 'prompt',
      prompt: 'Hey!',
      runId: newId('r'),
      options: { ifBusy: 'reject' },
    });
    assert.deepEqual([error.type, error.code, error.retryable], ['error', 'thread_busy', true]);
    await run.success();
    assert.equal((await client.history()).messages.length, 2);
  });

  test('with ifBusy interrupt cancels the active and the queued runs and is answered', async (t) => {
    const [client, other] = await crowd(t);
    const run = await client.prompt('sim:slow');
    const queued = await client.prompt('My name is Ada.');
    await run.firstText();
    const wins = await other.prompt('What is my name?', { options: { ifBusy: 'interrupt' } });
    await wins.success();
    assert.equal((await run.end()).metadata['lw.reason'], 'superseded');
    assert.equal(await ending({ threadId: run.threadId, runId: queued.id }), 'cancelled superseded');
    assert.deepEqual(await requests(queued.id), []);
    await answersNextPrompt(client);
  });

  test('with ifBusy interrupt on an idle thread is answered', async (t) => {
    const [client] = await crowd(t);
    await (await client.prompt('Hey!', { options: { ifBusy: 'interrupt' } })).success();
  });

  test('with an unknown ifBusy is refused', async (t) => {
    const [client] = await crowd(t);
    const error = await client.request({ action: 'prompt', prompt: 'Hey!', options: { ifBusy: 'shout' } });
    assert.deepEqual([error.type, error.code], ['error', 'invalid_message']);
    assert.match(error.message, /ifBusy/);
  });
});
