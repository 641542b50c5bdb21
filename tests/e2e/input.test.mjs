// Invalid requests: each gets an error, the connection stays open, and the next prompt is answered.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { ACCEPTED, REFUSED } from './input.rows.mjs';

const HELLO = 'Hello! How can I help you today?';

/** @param {import('../harness/client.mjs').Client} client */
async function goesOn(client) {
  assert.equal((await (await client.prompt('Hey!', { threadId: newId('t') })).success()).text, HELLO);
}

/**
 * Sends a request and waits for its response.
 * @param {import('../harness/client.mjs').Client} client
 * @param {unknown} message
 */
async function response(client, message) {
  client.socket.send(message);
  return client.until('a response', () => client.responses[0]);
}

describe('an invalid request', { concurrency: 4 }, () => {
  for (const [name, message, code, field] of REFUSED) {
    test(`with ${name} gets ${code}`, async (t) => {
      const client = await connect(t);
      const error = await response(client, message);
      assert.deepEqual([error.type, error.code], ['error', code], JSON.stringify(error));
      assert.ok(error.message.length > 0 && error.message.length < 400, error.message);
      if (field) assert.match(error.message, field);
      assert.equal(error.retryable ?? false, false);
      const id = typeof message === 'object' && !Buffer.isBuffer(message) && /** @type {any} */ (message)?.id;
      if (typeof id === 'string' && id.length <= 64) assert.equal(error.id, id);
      await goesOn(client);
      assert.equal(client.responses.length, 2, 'one response to each request');
    });
  }

  for (const [name, message] of ACCEPTED) {
    test(`is not: ${name}`, async (t) => {
      const client = await connect(t);
      const ack = await response(client, message);
      assert.equal(ack.type, 'ack', JSON.stringify(ack));
      await client.until('the end', () => client.runs.get(ack.runId)?.ended);
      await goesOn(client);
    });
  }

  test('over 32 KB closes the connection with 1009 and starts nothing', async (t) => {
    const thread = newId('t');
    const client = await connect(t, { query: { thread } });
    client.socket.send({ prompt: 'Hey!', padding: 'x'.repeat(33 * 1024) });
    await assert.rejects(
      client.until('a response', () => client.responses[0]),
      /closed with 1009/,
    );
    const later = await connect(t, { query: { thread } });
    assert.deepEqual((await later.history()).messages, [], 'no run was started');
    await goesOn(later);
  });

  test('gets its error in the order of the requests', async (t) => {
    const client = await connect(t);
    const messages = REFUSED.filter(([, message]) => typeof message === 'string').slice(0, 10);
    for (const [, message] of messages) client.socket.send(message);
    await client.until('all responses', () => client.responses.length >= messages.length);
    assert.deepEqual(
      client.responses.map(({ code }) => code),
      messages.map(([, , code]) => code),
    );
    await goesOn(client);
  });
});
