// Conversations: who shares one, and what is remembered.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, fresh } from '../harness/client.mjs';
import { Run } from '../harness/run.mjs';
import { requests } from '../harness/simulator.mjs';

describe('threads', { concurrency: 4 }, () => {
  test('a second connection on a thread sees the run of the first, line by line', async (t) => {
    const thread = fresh('t');
    const [first, second] = await Promise.all([1, 2].map(() => connect(t, { query: { thread } })));
    const run = await first.prompt('How is the weather in New York?');
    const seen = new Run(second, run.ack, run.prompt);
    await Promise.all([run.success(), seen.success()]);
    assert.deepEqual(seen.lines, run.lines);
  });

  test('a watcher gets one line per frame, and the same ones', async (t) => {
    const thread = fresh('t');
    const first = await connect(t, { query: { thread } });
    const second = await connect(t, { query: { thread, lines: 'one' } });
    const run = await first.prompt('sim:long');
    const seen = new Run(second, run.ack, run.prompt);
    await Promise.all([run.success(), seen.success()]);
    assert.ok(second.socket.frames.every(({ text }) => !text.includes('\n')));
    assert.equal(seen.text, run.text);
    assert.deepEqual(seen.lines, run.lines);
  });

  test('a later connection continues the conversation', async (t) => {
    const thread = fresh('t');
    const first = await connect(t, { query: { thread } });
    assert.match((await first.answer('My name is Ada.')).text, /Ada/);
    await first.socket.close();
    const later = await connect(t, { query: { thread } });
    assert.equal((await later.answer('What is my name?')).text, 'Your name is Ada.');
  });

  test('another thread knows nothing of it, on the same connection either', async (t) => {
    const client = await connect(t);
    await client.answer('My name is Ada.');
    const other = await client.answer('What is my name?', { threadId: fresh('t') });
    assert.equal(other.text, 'You have not told me your name yet.');
    assert.equal((await client.answer('What is my name?')).text, 'Your name is Ada.');
  });

  test('a conversation longer than the window goes on, cut at a question', async (t) => {
    const client = await connect(t);
    await client.answer('My name is Ada.');
    for (let turn = 0; turn < 6; turn += 1) await (await client.prompt('sim:tool')).success();
    const run = await (await client.prompt('How many questions have I asked?')).success();
    const [{ body }] = await requests(run.id);
    assert.ok(body.messages.length <= 21, `${body.messages.length} messages`);
    assert.equal(body.messages[0].role, 'user');
    assert.ok(body.messages[0].content.every((/** @type {any} */ block) => block.toolResult === undefined));
    assert.match(run.text, /You have sent [3-6] before/);
  });

  test('a run names its run and thread in the labels of its requests', async (t) => {
    const run = await (await connect(t)).answer('Hey!');
    const [{ body, model }] = await requests(run.id);
    assert.ok(Object.values(body.requestMetadata).includes(run.threadId));
    assert.equal(run.last.usage[0].model, model);
    assert.ok(body.inferenceConfig.maxTokens > 0, 'MAX_TOKENS is set on each request');
  });
});
