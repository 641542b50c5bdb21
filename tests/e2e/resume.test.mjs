// Lines that break, and clients that come back: everything exactly once, in order, byte for byte.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow, loggedLines } from '../harness/aws.mjs';
import { connect, fresh, loyal, reload } from '../harness/client.mjs';
import { scenario } from '../harness/simulator.mjs';
import { goesOn, told } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('../harness/run.mjs').Run} Run */

/** The control lines of a kind. @param {Client} client @param {string} type */
const of = (client, type) => client.controls.filter((line) => line.type === type);

/** Two runs that show the same, byte for byte. @param {Run} one @param {Run} other */
function same(one, other) {
  assert.deepEqual(one.lines.map((line) => JSON.stringify(line)), other.lines.map((line) => JSON.stringify(line)));
}

/** A run with a watcher whom nothing disturbs. @param {any} t @param {string} prompt @param {object} [options] */
async function watched(t, prompt, options = { onGone: 'grace:30' }) {
  const thread = fresh('t');
  const twin = await loyal(t, thread);
  const client = await loyal(t, thread);
  const run = await client.prompt(prompt, { options });
  return { thread, client, run, twin: twin.watch(run) };
}

describe('resume', { concurrency: 4 }, () => {
  test('a socket that breaks in the middle of a text: its client misses nothing', async (t) => {
    const { client, run, twin } = await watched(t, 'sim:steady');
    await run.words();
    client.drop();
    await run.success();
    await twin.success();
    same(run, twin);
    assert.equal(client.returns, 1);
    const [resumed] = of(client, 'resumed').filter(({ runId }) => runId === run.id);
    assert.ok(['running', 'finished'].includes(resumed.status), JSON.stringify(resumed));
    await told(run);
    await goesOn(client);
  });

  test('one that breaks again and again', async (t) => {
    // Longer than three ways back take on a busy machine.
    await scenario('tests-patient', { steps: [{ deltas_per_s: 10, blocks: [{ text: `${'word '.repeat(200)}end.` }] }] });
    const { client, run, twin } = await watched(t, 'sim:tests-patient');
    await run.words();
    for (const returns of [1, 2, 3]) {
      client.drop();
      await client.until('it is back', () => client.returns === returns && of(client, 'resumed').length >= returns, 30_000);
    }
    await run.success(60_000);
    await twin.success(60_000);
    same(run, twin);
  });

  test('a start whose answer never came is repeated with its name: one run', async (t) => {
    const client = await loyal(t);
    const runId = fresh('r');
    const asked = client.ask({ action: 'prompt', prompt: 'sim:steady', runId, options: { onGone: 'grace:30' } });
    client.drop();
    const ack = await asked;
    const run = client.watch({ id: ack.runId, threadId: ack.threadId });
    assert.equal(ack.runId, runId);
    await run.success();
    await told(run);
  });

  test('a run that finished meanwhile is replayed from the log', async (t) => {
    const thread = fresh('t');
    const leaves = await connect(t, { query: { thread } });
    const begun = await leaves.prompt('sim:steady', { options: { onGone: 'finish' } });
    await begun.words();
    leaves.leave();
    await endedRow(thread, begun.id);
    const client = await loyal(t, thread);
    const run = client.watch(begun);
    await run.success();
    assert.deepEqual(run.lines, await loggedLines(thread, begun.id));
    const resumed = await client.until('resumed', () => of(client, 'resumed')[0]);
    assert.deepEqual([resumed.runId, resumed.status, resumed.last], [run.id, 'finished', run.delivery.last]);
    await told(run);
  });

  test('from the middle of a finished run, and from its end', async (t) => {
    const client = await connect(t, { query: { thread: fresh('t') } });
    const run = await client.answer('sim:three-steps');
    const last = run.delivery.last;
    const later = await connect(t, { query: { thread: run.threadId } });
    for (const after of [last - 3, last]) {
      const begin = later.socket.frames.length;
      const ack = await later.ask({ action: 'resume', threadId: run.threadId, runId: run.id, after, epoch: 1 });
      assert.equal(ack.type, 'ack', JSON.stringify(ack));
      await later.until(`resumed after ${after}`, () => of(later, 'resumed').find((line) => line.after === after));
      const heard = later.socket.frames.slice(begin).flatMap(({ text }) => text.split('\n')).map((line) => JSON.parse(line))
        .filter(({ metadata }) => metadata);
      assert.deepEqual(heard, run.lines.slice(after));
    }
  });

  test('no run is named: the thread’s latest', async (t) => {
    const client = await connect(t, { query: { thread: fresh('t') } });
    await client.answer('Hey!');
    const run = await client.answer('sim:text');
    const later = await connect(t, { query: { thread: run.threadId } });
    const ack = await later.ask({ action: 'resume', after: 0 });
    assert.deepEqual([ack.type, ack.status, ack.runId], ['ack', 'resuming', run.id]);
    await later.until('the run', () => later.runs.get(run.id)?.ended);
    assert.deepEqual(later.runs.get(run.id)?.lines, run.lines);
  });

  test('two sockets on one thread get the same lines', async (t) => {
    const thread = fresh('t');
    const clients = [await loyal(t, thread), await loyal(t, thread)];
    const run = await clients[0].prompt('sim:two-tools');
    await run.success();
    const seen = await clients[1].until('the other saw it end', () => clients[1].runs.get(run.id)?.ended && clients[1].runs.get(run.id));
    assert.deepEqual(seen.lines, run.lines);
  });

  test('a page that is loaded in the middle of an answer shows everything exactly once', async (t) => {
    const { thread, run, twin } = await watched(t, 'sim:steady');
    await run.words();
    const page = await reload(t, thread);
    assert.deepEqual(page.history.messages.map(({ role }) => role), ['user'], 'nothing of the running run but its question');
    assert.deepEqual([page.history.run.runId, page.history.run.status], [run.id, 'running']);
    await page.run?.success();
    await twin.success();
    same(/** @type {Run} */ (page.run), twin);
    await told(/** @type {Run} */ (page.run));
  });

  test('what cannot be resumed', async (t) => {
    const client = await connect(t, { query: { thread: fresh('t') } });
    const unknown = await client.ask({ action: 'resume', runId: 'r_none', after: 0 });
    assert.deepEqual([unknown.type, unknown.code], ['error', 'run_not_found']);
    const nothing = await client.ask({ action: 'resume', after: 0 });
    assert.ok(nothing.type === 'error' || nothing.status === 'idle', JSON.stringify(nothing));
  });
});

test('resume latency', async (t) => {
  const times = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const { client, run } = await watched(t, 'sim:slow');
    await run.words();
    const page = await loyal(t, run.threadId);
    const began = Date.now();
    page.watch(run);
    await page.until('resumed', () => of(page, 'resumed')[0]);
    times.push(Date.now() - began);
    await client.cancel(run);
    await run.end();
  }
  times.sort((one, other) => one - other);
  t.diagnostic(`from \`resume\` to \`resumed\`: median ${times[5]} ms, ${times[0]} to ${times[9]} ms`);
  assert.ok(times[5] < 5000);
});
