// What was said before, as `history` tells it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { read } from '../conformance/reading.mjs';
import { connect, fresh } from '../harness/client.mjs';

/** Every page of a thread's history, oldest message first. @param {any} client @param {number} limit */
async function pages(client, limit) {
  const found = [];
  let before;
  do {
    const page = await client.history({ limit, ...(before && { before }) });
    assert.ok(page.messages.length <= limit);
    found.unshift(...page.messages);
    before = page.next;
  } while (before);
  return found;
}

describe('history', { concurrency: 4 }, () => {
  test('of a thread on which nothing was said', async (t) => {
    const { threadId, messages, next, run, pending } = await (await connect(t)).history();
    assert.ok(threadId);
    assert.deepEqual({ messages, next, run, pending }, {
      messages: [], next: undefined, run: undefined, pending: { toolCallIds: [], interrupts: [] },
    });
  });

  test('has the messages and ids that were streamed', async (t) => {
    const client = await connect(t);
    const run = await client.answer('Hey!');
    assert.deepEqual((await client.history()).messages, read(run.lines));
  });

  test('has calls and results as they were streamed, after several turns', async (t) => {
    const client = await connect(t);
    const runs = [];
    for (const prompt of ['Hey!', 'sim:text-and-tool', 'sim:two-tools', 'sim:two-texts']) {
      runs.push(await (await client.prompt(prompt)).success());
    }
    assert.deepEqual((await client.history()).messages, runs.flatMap((run) => read(run.lines)));
  });

  test('comes in pages that leave nothing out', async (t) => {
    const client = await connect(t);
    for (const name of ['Ada', 'Bob', 'Cyd']) await client.answer(`My name is ${name}.`);
    const whole = (await client.history()).messages;
    assert.equal(whole.length, 6);
    assert.deepEqual(await pages(client, 1), whole);
    assert.deepEqual(await pages(client, 4), whole);
  });

  test('of a running run has the question only, and says that it runs', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:steady');
    await run.words();
    const { messages, run: running } = await client.history();
    assert.deepEqual(messages, [{ id: run.ack.messageId, role: 'user', content: 'sim:steady' }]);
    assert.deepEqual([running.runId, running.status], [run.id, 'running']);
    await run.success();
    const after = await client.history();
    assert.deepEqual(after.messages, read(run.lines));
    assert.notEqual(after.run?.status, 'running');
  });

  test('a message over 16 KB is cut and fetched in parts', async (t) => {
    const client = await connect(t);
    const long = `Hey! ${'äöü '.repeat(2900)}`;
    const run = await client.answer(long);
    const { messages: [question] } = await client.history();
    assert.deepEqual([question.truncated, question.bytes], [true, Buffer.byteLength(long)]);
    let whole = '';
    while (Buffer.byteLength(whole) < question.bytes) {
      const offset = Buffer.byteLength(whole);
      const { messages: [part] } = await client.history({ messageId: run.ack.messageId, offset });
      assert.ok(part.content.length > 0);
      whole += part.content;
    }
    assert.equal(whole, long);
  });

  test('of a thread that another connection named', async (t) => {
    const thread = fresh('t');
    const run = await (await connect(t, { query: { thread } })).answer('Hey!');
    const later = await connect(t);
    assert.deepEqual((await later.history({ threadId: thread })).messages, read(run.lines));
  });
});
