// The run queue of a thread: prompts are answered in order, and no run starts twice.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { requests, scenario } from '../harness/simulator.mjs';

/** Most runs in a run queue, including the active one. */
const MOST_RUNS = 20;

describe('run queue', { concurrency: 4 }, () => {
  test('a prompt during an active run is queued and answered next', async (t) => {
    const client = await connect(t);
    const first = await client.prompt('sim:steady');
    await first.firstText();
    const second = await client.prompt('My name is Ada.');
    const third = await client.prompt('What is my name?');
    assert.deepEqual([second.ack.status, second.ack.position], ['waiting', 1]);
    assert.deepEqual([third.ack.status, third.ack.position], ['waiting', 2]);
    await third.success();
    assert.equal(third.text, 'Your name is Ada.');
    assert.deepEqual([...client.runs.keys()], [first.id, second.id, third.id]);
    for (const run of [first, second]) await run.success();
    const { messages } = await client.history();
    assert.deepEqual(
      messages
        .filter((/** @type {any} */ { role }) => role === 'user')
        .map((/** @type {any} */ { content }) => content),
      ['sim:steady', 'My name is Ada.', 'What is my name?'],
    );
  });

  test('the twenty-first run is refused with thread_busy and can be started later', async (t) => {
    // The run takes two minutes, unless it is cancelled.
    await scenario('tests-hold', { steps: [{ deltas_per_s: 1, blocks: [{ text: 'word '.repeat(120) }] }] });
    const client = await connect(t);
    const runs = [await client.prompt('sim:tests-hold')];
    await runs[0].firstText();
    for (let place = 1; place < MOST_RUNS; place += 1) {
      runs.push(await client.prompt(`My name is N${place}.`));
      assert.deepEqual([runs[place].ack.status, runs[place].ack.position], ['waiting', place]);
    }
    const runId = newId('r');
    const busy = await client.request({ action: 'prompt', prompt: 'Hey!', runId });
    assert.deepEqual([busy.type, busy.code, busy.retryable, busy.runId], ['error', 'thread_busy', true, runId]);
    assert.equal((await client.cancel(runs[0])).status, 'cancelling');
    await runs[0].end();
    for (const run of runs.slice(1)) await run.success(90_000);
    assert.deepEqual(
      [...client.runs.keys()],
      runs.map(({ id }) => id),
    );
    for (const [at, run] of runs.slice(1).entries()) assert.match(run.text, new RegExp(`N${at + 1}!`));
    assert.equal((await client.prompt('Hey!', { runId })).ack.status, 'queued');
    assert.equal((await requests(runId)).length <= 1, true);
  });

  test('a repeated start during and after the run starts nothing', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'sim:steady', runId: newId('r'), messageId: newId('u') };
    const run = await client.prompt(start.prompt, start);
    await run.firstText();
    const during = await client.request(start);
    assert.deepEqual(
      [during.type, during.duplicate, during.status, during.runId, during.messageId],
      ['ack', true, 'running', start.runId, start.messageId],
    );
    await run.success();
    const after = await client.request(start);
    assert.deepEqual([after.type, after.duplicate, after.status], ['ack', true, 'finished']);
    assert.equal((await requests(run.id)).length, 1);
    assert.equal((await client.history()).messages.length, 2);
  });

  test('simultaneous starts with the same run id start one run', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'Hey!', runId: newId('r'), threadId: newId('t') };
    const other = await connect(t);
    const acks = await Promise.all([
      client.request(start),
      other.request(start),
      client.request({ ...start, id: 'again' }),
    ]);
    assert.equal(acks.filter(({ duplicate }) => !duplicate).length, 1);
    await client.until('the end', () => client.runs.get(start.runId)?.ended);
    assert.equal((await requests(start.runId)).length, 1);
  });

  test('six clients on one thread are answered once each, in the order of the queue', async (t) => {
    const thread = newId('t');
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect(t, { query: { thread } })));
    const runs = await Promise.all(clients.map((client, at) => client.prompt(`My name is N${at}.`)));
    await Promise.all(runs.map((run) => run.success(60_000)));
    for (const [at, run] of runs.entries()) assert.equal(run.text, `Nice to meet you, N${at}!`);
    const [first] = clients;
    await first.until(
      'the end of all six runs',
      ({ runs }) => [...runs.values()].filter(({ ended }) => ended).length === 6,
    );
    const order = [...first.runs.keys()];
    assert.deepEqual([...order].sort(), runs.map(({ id }) => id).sort());
    const prompts = (await first.history()).messages.filter((/** @type {any} */ { role }) => role === 'user');
    assert.deepEqual(
      prompts.map((/** @type {any} */ { id }) => id),
      order.map((id) => runs.find((run) => run.id === id)?.ack.messageId),
    );
  });

  test('a repeated start of a failed run gets its status', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'sim:fault-access-denied', runId: newId('r') };
    await (await client.prompt(start.prompt, start)).end();
    const again = await client.request(start);
    assert.deepEqual([again.duplicate, again.status], [true, 'failed']);
  });
});
