// Responses to `history`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { messagesOf } from '../conformance/messages.mjs';
import { connect, newId } from '../harness/client.mjs';

/**
 * Reads all pages of a thread's history, oldest message first.
 * @param {import('../harness/client.mjs').Client} client
 * @param {number} limit
 */
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
  test('of an empty thread has no messages', async (t) => {
    const { threadId, messages, next, run, pending } = await (await connect(t)).history();
    assert.ok(threadId);
    assert.deepEqual(
      { messages, next, run, pending },
      {
        messages: [],
        next: undefined,
        run: undefined,
        pending: { toolCallIds: [], interrupts: [] },
      },
    );
  });

  test('has the streamed messages with their ids', async (t) => {
    const client = await connect(t);
    const run = await client.answer('Hey!');
    assert.deepEqual((await client.history()).messages, messagesOf(run.events));
  });

  test('has the streamed tool calls and results of several runs', async (t) => {
    const client = await connect(t);
    const runs = [];
    for (const prompt of ['Hey!', 'sim:text-and-tool', 'sim:two-tools', 'sim:two-texts']) {
      runs.push(await (await client.prompt(prompt)).success());
    }
    assert.deepEqual(
      (await client.history()).messages,
      runs.flatMap((run) => messagesOf(run.events)),
    );
  });

  test('is complete when it is read in pages', async (t) => {
    const client = await connect(t);
    for (const name of ['Ada', 'Bob', 'Cyd']) await client.answer(`My name is ${name}.`);
    const whole = (await client.history()).messages;
    assert.equal(whole.length, 6);
    assert.deepEqual(await pages(client, 1), whole);
    assert.deepEqual(await pages(client, 4), whole);
  });

  test('has only the prompt of an active run, and its status', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:steady');
    await run.firstText();
    const { messages, run: running } = await client.history();
    assert.deepEqual(messages, [{ id: run.ack.messageId, role: 'user', content: 'sim:steady' }]);
    assert.deepEqual([running.runId, running.status], [run.id, 'running']);
    await run.success();
    const after = await client.history();
    assert.deepEqual(after.messages, messagesOf(run.events));
    assert.notEqual(after.run?.status, 'running');
  });

  test('truncates a message over 16 KB, which can be read in parts', async (t) => {
    const client = await connect(t);
    const long = `Hey! ${'äöü '.repeat(2900)}`;
    const run = await client.answer(long);
    const {
      messages: [prompt],
    } = await client.history();
    assert.deepEqual([prompt.truncated, prompt.bytes], [true, Buffer.byteLength(long)]);
    let whole = '';
    while (Buffer.byteLength(whole) < prompt.bytes) {
      const offset = Buffer.byteLength(whole);
      const {
        messages: [part],
      } = await client.history({ messageId: run.ack.messageId, offset });
      assert.ok(part.content.length > 0);
      whole += part.content;
    }
    assert.equal(whole, long);
  });

  test('of another connection’s thread can be read', async (t) => {
    const thread = newId('t');
    const run = await (await connect(t, { query: { thread } })).answer('Hey!');
    const later = await connect(t);
    assert.deepEqual((await later.history({ threadId: thread })).messages, messagesOf(run.events));
  });
});
