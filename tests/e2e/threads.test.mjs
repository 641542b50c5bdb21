// Threads: their subscribers and their messages.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { Run } from '../harness/run.mjs';
import { requests } from '../harness/simulator.mjs';

describe('threads', { concurrency: 4 }, () => {
  test('a second connection on a thread receives the events of the first one’s run', async (t) => {
    const thread = newId('t');
    const [first, second] = await Promise.all([1, 2].map(() => connect(t, { query: { thread } })));
    const run = await first.prompt('How is the weather in New York?');
    const seen = new Run(second, run.ack, run.prompt);
    await Promise.all([run.success(), seen.success()]);
    assert.deepEqual(seen.events, run.events);
  });

  test('a subscriber with `lines=one` receives the same events, one in each frame', async (t) => {
    const thread = newId('t');
    const first = await connect(t, { query: { thread } });
    const second = await connect(t, { query: { thread, lines: 'one' } });
    const run = await first.prompt('sim:long');
    const seen = new Run(second, run.ack, run.prompt);
    await Promise.all([run.success(), seen.success()]);
    assert.ok(second.socket.frames.every(({ text }) => !text.includes('\n')));
    assert.equal(seen.text, run.text);
    assert.deepEqual(seen.events, run.events);
  });

  test('a later connection continues the conversation', async (t) => {
    const thread = newId('t');
    const first = await connect(t, { query: { thread } });
    assert.match((await first.answer('My name is Ada.')).text, /Ada/);
    await first.socket.close();
    const later = await connect(t, { query: { thread } });
    assert.equal((await later.answer('What is my name?')).text, 'Your name is Ada.');
  });

  test('a thread has no messages of another thread on the same connection', async (t) => {
    const client = await connect(t);
    await client.answer('My name is Ada.');
    const other = await client.answer('What is my name?', { threadId: newId('t') });
    assert.equal(other.text, 'You have not told me your name yet.');
    assert.equal((await client.answer('What is my name?')).text, 'Your name is Ada.');
  });

  test('a conversation longer than the context window is cut at a prompt', async (t) => {
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

  test('requests to the model carry the run and the thread as metadata', async (t) => {
    const run = await (await connect(t)).answer('Hey!');
    const [{ body, model }] = await requests(run.id);
    assert.ok(Object.values(body.requestMetadata).includes(run.threadId));
    assert.equal(run.last.usage[0].model, model);
    assert.ok(body.inferenceConfig.maxTokens > 0, 'MAX_TOKENS is set on each request');
  });
});
