// The line of a thread: prompts wait, are answered in order, and nothing starts twice.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, fresh } from '../harness/client.mjs';
import { requests, scenario } from '../harness/simulator.mjs';

/** How many runs a line holds, the active one included. */
const LINE = 20;

describe('line', { concurrency: 4 }, () => {
  test('a prompt while a run is active waits, and is answered next', async (t) => {
    const client = await connect(t);
    const first = await client.prompt('sim:steady');
    await first.words();
    const second = await client.prompt('My name is Ada.');
    const third = await client.prompt('What is my name?');
    assert.deepEqual([second.ack.status, second.ack.position], ['waiting', 1]);
    assert.deepEqual([third.ack.status, third.ack.position], ['waiting', 2]);
    await third.success();
    assert.equal(third.text, 'Your name is Ada.');
    assert.deepEqual([...client.runs.keys()], [first.id, second.id, third.id]);
    for (const run of [first, second]) await run.success();
    const { messages } = await client.history();
    assert.deepEqual(messages.filter(({ role }) => role === 'user').map(({ content }) => content),
      ['sim:steady', 'My name is Ada.', 'What is my name?']);
  });

  test('a line holds twenty; the next one is thread_busy and can be sent again', async (t) => {
    // Two minutes, unless it is cancelled.
    await scenario('tests-hold', { steps: [{ deltas_per_s: 1, blocks: [{ text: 'word '.repeat(120) }] }] });
    const client = await connect(t);
    const runs = [await client.prompt('sim:tests-hold')];
    await runs[0].words();
    for (let place = 1; place < LINE; place += 1) {
      runs.push(await client.prompt(`My name is N${place}.`));
      assert.deepEqual([runs[place].ack.status, runs[place].ack.position], ['waiting', place]);
    }
    const runId = fresh('r');
    const busy = await client.ask({ action: 'prompt', prompt: 'Hey!', runId });
    assert.deepEqual([busy.type, busy.code, busy.retryable, busy.runId], ['error', 'thread_busy', true, runId]);
    assert.equal((await client.cancel(runs[0])).status, 'cancelling');
    await runs[0].end();
    for (const run of runs.slice(1)) await run.success(90_000);
    assert.deepEqual([...client.runs.keys()], runs.map(({ id }) => id));
    runs.slice(1).forEach((run, at) => assert.match(run.text, new RegExp(`N${at + 1}!`)));
    assert.equal((await client.prompt('Hey!', { runId })).ack.status, 'queued');
    assert.equal((await requests(runId)).length <= 1, true);
  });

  test('the same start again starts nothing, while it runs and afterwards', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'sim:steady', runId: fresh('r'), messageId: fresh('u') };
    const run = await client.prompt(start.prompt, start);
    await run.words();
    const during = await client.ask(start);
    assert.deepEqual([during.type, during.duplicate, during.status, during.runId, during.messageId],
      ['ack', true, 'running', start.runId, start.messageId]);
    await run.success();
    const after = await client.ask(start);
    assert.deepEqual([after.type, after.duplicate, after.status], ['ack', true, 'finished']);
    assert.equal((await requests(run.id)).length, 1);
    assert.equal((await client.history()).messages.length, 2);
  });

  test('twice at once starts one run', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'Hey!', runId: fresh('r'), threadId: fresh('t') };
    const other = await connect(t);
    const acks = await Promise.all([client.ask(start), other.ask(start), client.ask({ ...start, id: 'again' })]);
    assert.equal(acks.filter(({ duplicate }) => !duplicate).length, 1);
    await client.until('the end', () => client.runs.get(start.runId)?.ended);
    assert.equal((await requests(start.runId)).length, 1);
  });

  test('six people write on one thread at once: each is answered once, in the order of the line', async (t) => {
    const thread = fresh('t');
    const people = await Promise.all(Array.from({ length: 6 }, () => connect(t, { query: { thread } })));
    const runs = await Promise.all(people.map((client, at) => client.prompt(`My name is N${at}.`)));
    await Promise.all(runs.map((run) => run.success(60_000)));
    runs.forEach((run, at) => assert.equal(run.text, `Nice to meet you, N${at}!`));
    const [first] = people;
    await first.until('all six', ({ runs }) => [...runs.values()].filter(({ ended }) => ended).length === 6);
    const order = [...first.runs.keys()];
    assert.deepEqual([...order].sort(), runs.map(({ id }) => id).sort());
    const said = (await first.history()).messages.filter(({ role }) => role === 'user');
    assert.deepEqual(said.map(({ id }) => id), order.map((id) => runs.find((run) => run.id === id)?.ack.messageId));
  });

  test('the status of a run that failed', async (t) => {
    const client = await connect(t);
    const start = { action: 'prompt', prompt: 'sim:fault-access-denied', runId: fresh('r') };
    await (await client.prompt(start.prompt, start)).end();
    const again = await client.ask(start);
    assert.deepEqual([again.duplicate, again.status], [true, 'failed']);
  });
});
