// The small requests of docs/protocol.md section 3 and each short form of a prompt.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { FEATURES } from '../harness/features.mjs';
import { Run } from '../harness/run.mjs';
import { requests } from '../harness/simulator.mjs';
import { Socket } from '../harness/socket.mjs';

const HELLO = 'Hello! How can I help you today?';

/**
 * Sends a request without an id and waits for the end of its run.
 * @param {import('../harness/client.mjs').Client} client
 * @param {unknown} message
 */
async function follow(client, message) {
  const before = client.catchUp().responses.length;
  client.socket.send(message);
  const ack = await client.until('an ack', () => client.responses[before]);
  assert.equal(ack.type, 'ack', JSON.stringify(ack));
  const run = new Run(client, ack);
  await run.success();
  return run;
}

describe('messages', { concurrency: 4 }, () => {
  test('the response to hello is ready', async (t) => {
    const client = await connect(t);
    const ready = await client.request({ action: 'hello', id: '1', protocolVersion: '1.0', client: 'tests/1' });
    const { connectionId, threadId, limits, features, ...rest } = ready;
    assert.deepEqual(rest, {
      type: 'ready',
      id: '1',
      v: 1,
      protocolVersion: '1.0',
      user: '@none',
      formats: ['agui', 'blocks', 'typed', 'simple', 'bedrock', 'text'],
    });
    const { replaySec, ...fixed } = limits;
    const expected = { maxIn: 32768, maxOut: 28672, maxPrompt: 24576, idleSec: 600, maxConnectionSec: 7200 };
    assert.deepEqual(fixed, expected);
    assert.ok(replaySec > 0);
    assert.deepEqual(features, FEATURES);
    assert.ok(connectionId && threadId);
  });

  test('the response to ping is pong with two times', async (t) => {
    const client = await connect(t);
    const asked = Date.now();
    client.socket.send({ action: 'ping', t: 1763681477123 });
    const pong = await client.until('a pong', () => client.responses[0]);
    assert.deepEqual(Object.keys(pong), ['type', 't', 'now']);
    assert.deepEqual([pong.type, pong.t], ['pong', 1763681477123]);
    assert.ok(asked <= pong.now && pong.now <= Date.now(), `${pong.now}`);
  });

  test('the response to a heartbeat in plain text is pong, and no run starts', async (t) => {
    const thread = newId('t');
    const socket = await Socket.open({ query: { thread } });
    t.after(() => socket.terminate());
    const heartbeats = ['ping', 'PING', 'pong', 'heartbeat', '__ping__', ' ping\n'];
    for (const heartbeat of heartbeats) {
      const before = socket.frames.length;
      socket.send(heartbeat);
      await socket.until(`an answer to ${heartbeat}`, () => socket.frames.length > before);
    }
    assert.deepEqual(
      socket.frames.map(({ text }) => text),
      heartbeats.map(() => 'pong'),
    );
    const client = await connect(t, { query: { thread } });
    assert.equal((await client.history()).messages.length, 0, 'the thread has no messages');
    assert.equal((await client.history()).run, undefined, 'and no run');
  });

  test('an ack has the ids and the status of the run', async (t) => {
    const client = await connect(t);
    const names = { threadId: newId('t'), runId: newId('r'), messageId: newId('u') };
    const ack = await client.request({ action: 'prompt', id: 'q2', prompt: 'Hey!', ...names });
    assert.deepEqual(ack, { type: 'ack', id: 'q2', action: 'prompt', ...names, status: 'queued' });
    assert.deepEqual(Object.keys(ack), ['type', 'id', 'action', 'threadId', 'runId', 'messageId', 'status']);
    const run = await new Run(client, ack).success();
    assert.deepEqual(run.events[0].input.messages, [{ id: names.messageId, role: 'user', content: 'Hey!' }]);
  });

  test('a message id is refused for a second message of its thread', async (t) => {
    const client = await connect(t);
    const messageId = newId('u');
    const first = await client.prompt('sim:steady', { messageId });
    const again = { action: 'prompt', prompt: 'Hey!', messageId };
    const duringTheRun = await client.request({ ...again, runId: newId('r') });
    assert.deepEqual([duringTheRun.type, duringTheRun.code], ['error', 'invalid_message']);
    assert.match(duringTheRun.message, /messageId/);
    assert.equal((await client.request({ ...again, runId: first.id })).duplicate, true, 'the same start');
    await first.success();
    const afterwards = await client.request({ ...again, runId: newId('r') });
    assert.deepEqual([afterwards.type, afterwards.code], ['error', 'invalid_message']);
    const { messages } = await client.history();
    assert.equal(messages.length, 2);
    await (await client.prompt('Hey!', { messageId: newId('u') })).success();
  });

  const session = newId('s');
  /** @type {[string, unknown, string, string?][]} name, request, answer, thread */
  const forms = [
    ['a plain text', 'Hey!', HELLO],
    ['a plain text with quotes and braces inside', 'Hey "you" {there}', HELLO],
    ['{"prompt"}', { prompt: 'Hey!' }, HELLO],
    ['{"message","sessionId"}', { message: 'Hey!', sessionId: session }, HELLO, session],
    ['action sendMessage', { action: 'sendMessage', message: 'Hey!', sessionId: `${session}a` }, HELLO, `${session}a`],
    ['runtimeSessionId', { prompt: 'Hey!', runtimeSessionId: `${session}b` }, HELLO, `${session}b`],
    ['threadId', { action: 'prompt', prompt: 'Hey!', threadId: `${session}c` }, HELLO, `${session}c`],
    ['unknown fields', { prompt: 'Hey!', color: 'blue', nested: [{ a: 1 }] }, HELLO],
  ];
  for (const [name, message, expected, thread] of forms) {
    test(`a prompt in the form ${name} is answered`, async (t) => {
      const run = await follow(await connect(t), message);
      assert.equal(run.text, expected);
      if (thread) assert.equal(run.threadId, thread);
    });
  }

  test('a prompt in the form {"storyType"} is answered', async (t) => {
    const run = await follow(await connect(t), { storyType: 'CATS' });
    assert.match(run.events[0].input.messages[0].content, /story.*cats/i);
    assert.notEqual(run.text, '');
  });

  test('an action that is not implemented is refused with unknown_action', async (t) => {
    const client = await connect(t);
    for (const action of ['rename', 'threads']) {
      assert.equal((await client.request({ action, runId: 'r1', threadId: 't1' })).code, 'unknown_action', action);
    }
  });

  test('the context of a prompt is sent to the model', async (t) => {
    const run = await (await connect(t)).answer('Hey!', { context: [{ description: 'locale', value: 'tlh-KX' }] });
    const [request] = await requests(run.id);
    assert.match(JSON.stringify(request.body), /tlh-KX/);
  });
});
