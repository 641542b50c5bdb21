// Lost connections and clients that resume: each event arrives exactly once, in order, byte for byte.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow, loggedEvents } from '../harness/aws.mjs';
import { connect, newId, reconnecting, reload } from '../harness/client.mjs';
import { scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('../harness/run.mjs').Run} Run */

/** Returns the responses of a type. @param {Client} client @param {string} type */
const of = (client, type) => client.responses.filter((response) => response.type === type);

/** Checks that two clients received the same events, byte for byte. @param {Run} one @param {Run} other */
function same(one, other) {
  const texts = (/** @type {Run} */ { events }) => events.map((event) => JSON.stringify(event));
  assert.deepEqual(texts(one), texts(other));
}

/**
 * Starts a run with a second subscriber, `twin`, whose connection stays open.
 * @param {import('node:test').TestContext} t
 * @param {string} prompt
 * @param {object} [options]
 */
async function started(t, prompt, options = { onGone: 'grace:30' }) {
  const thread = newId('t');
  const twin = await reconnecting(t, thread);
  const client = await reconnecting(t, thread);
  const run = await client.prompt(prompt, { options });
  return { thread, client, run, twin: twin.subscribe(run) };
}

describe('resume', { concurrency: 4 }, () => {
  test('a client whose connection broke in the middle of a text receives the rest', async (t) => {
    const { client, run, twin } = await started(t, 'sim:steady');
    await run.firstText();
    client.drop();
    await run.success();
    await twin.success();
    same(run, twin);
    assert.equal(client.reconnects, 1);
    const [resumed] = of(client, 'resumed').filter(({ runId }) => runId === run.id);
    assert.ok(['running', 'finished'].includes(resumed.status), JSON.stringify(resumed));
    await historyMatches(run);
    await answersNextPrompt(client);
  });

  test('a client whose connection breaks three times receives all events', async (t) => {
    // The run takes 20 s, longer than three reconnects on a busy machine.
    await scenario('tests-patient', {
      steps: [{ deltas_per_s: 10, blocks: [{ text: `${'word '.repeat(200)}end.` }] }],
    });
    const { client, run, twin } = await started(t, 'sim:tests-patient');
    await run.firstText();
    for (const returns of [1, 2, 3]) {
      client.drop();
      await client.until(
        'a reconnect',
        () => client.reconnects === returns && of(client, 'resumed').length >= returns,
        30_000,
      );
    }
    await run.success(60_000);
    await twin.success(60_000);
    same(run, twin);
  });

  test('a start whose ack was lost is repeated and starts one run', async (t) => {
    const client = await reconnecting(t);
    const runId = newId('r');
    const started = client.request({ action: 'prompt', prompt: 'sim:steady', runId, options: { onGone: 'grace:30' } });
    client.drop();
    const ack = await started;
    const run = client.subscribe({ id: ack.runId, threadId: ack.threadId });
    assert.equal(ack.runId, runId);
    await run.success();
    await historyMatches(run);
  });

  test('a run that finished meanwhile is replayed from the event log', async (t) => {
    const thread = newId('t');
    const first = await connect(t, { query: { thread } });
    const begun = await first.prompt('sim:steady', { options: { onGone: 'finish' } });
    await begun.firstText();
    first.close();
    await endedRow(thread, begun.id);
    const client = await reconnecting(t, thread);
    const run = client.subscribe(begun);
    await run.success();
    assert.deepEqual(run.events, await loggedEvents(thread, begun.id));
    const resumed = await client.until('`resumed`', () => of(client, 'resumed')[0]);
    assert.deepEqual([resumed.runId, resumed.status, resumed.last], [run.id, 'finished', run.received.last]);
    await historyMatches(run);
  });

  test('a finished run is replayed from the middle and from its end', async (t) => {
    const client = await connect(t, { query: { thread: newId('t') } });
    const run = await client.answer('sim:three-steps');
    const last = run.received.last;
    const later = await connect(t, { query: { thread: run.threadId } });
    for (const after of [last - 3, last]) {
      const begin = later.socket.frames.length;
      const ack = await later.request({ action: 'resume', threadId: run.threadId, runId: run.id, after, epoch: 1 });
      assert.equal(ack.type, 'ack', JSON.stringify(ack));
      await later.until(`resumed after ${after}`, () =>
        of(later, 'resumed').find((response) => response.after === after),
      );
      const received = later.socket.frames
        .slice(begin)
        .flatMap(({ text }) => text.split('\n'))
        .map((line) => JSON.parse(line))
        .filter(({ metadata }) => metadata);
      assert.deepEqual(received, run.events.slice(after));
    }
  });

  test('a resume without a run id replays the latest run of the thread', async (t) => {
    const client = await connect(t, { query: { thread: newId('t') } });
    await client.answer('Hey!');
    const run = await client.answer('sim:text');
    const later = await connect(t, { query: { thread: run.threadId } });
    const ack = await later.request({ action: 'resume', after: 0 });
    assert.deepEqual([ack.type, ack.status, ack.runId], ['ack', 'resuming', run.id]);
    await later.until('the end of the run', () => later.runs.get(run.id)?.ended);
    assert.deepEqual(later.runs.get(run.id)?.events, run.events);
  });

  test('two connections on one thread receive the same events', async (t) => {
    const thread = newId('t');
    const clients = [await reconnecting(t, thread), await reconnecting(t, thread)];
    const run = await clients[0].prompt('sim:two-tools');
    await run.success();
    const seen = await clients[1].until(
      'the end of the run',
      () => clients[1].runs.get(run.id)?.ended && clients[1].runs.get(run.id),
    );
    assert.deepEqual(seen.events, run.events);
  });

  test('a page that is loaded in the middle of an answer receives each event exactly once', async (t) => {
    const { thread, run, twin } = await started(t, 'sim:steady');
    await run.firstText();
    const page = await reload(t, thread);
    assert.deepEqual(
      page.history.messages.map((/** @type {any} */ { role }) => role),
      ['user'],
      'only the prompt of the active run',
    );
    assert.deepEqual([page.history.run.runId, page.history.run.status], [run.id, 'running']);
    await page.run?.success();
    await twin.success();
    same(/** @type {Run} */ (page.run), twin);
    await historyMatches(/** @type {Run} */ (page.run));
  });

  test('a resume of an unknown run is refused, of an empty thread answered with idle', async (t) => {
    const client = await connect(t, { query: { thread: newId('t') } });
    const unknown = await client.request({ action: 'resume', runId: 'r_none', after: 0 });
    assert.deepEqual([unknown.type, unknown.code], ['error', 'run_not_found']);
    const nothing = await client.request({ action: 'resume', after: 0 });
    assert.ok(nothing.type === 'error' || nothing.status === 'idle', JSON.stringify(nothing));
  });
});

test('the latency of a resume', async (t) => {
  const times = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const { client, run } = await started(t, 'sim:slow');
    await run.firstText();
    const page = await reconnecting(t, run.threadId);
    const began = Date.now();
    page.subscribe(run);
    await page.until('`resumed`', () => of(page, 'resumed')[0]);
    times.push(Date.now() - began);
    await client.cancel(run);
    await run.end();
  }
  times.sort((one, other) => one - other);
  t.diagnostic(`from \`resume\` to \`resumed\`: median ${times[5]} ms, ${times[0]} to ${times[9]} ms`);
  assert.ok(times[5] < 5000);
});
