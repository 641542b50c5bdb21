// Bad input: a clear error, the connection stays open, the next good prompt works.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, fresh } from '../harness/client.mjs';
import { ACCEPTED, REFUSED } from './input.rows.mjs';

const HELLO = 'Hello! How can I help you today?';

/** @param {any} client */
async function goesOn(client) {
  assert.equal((await (await client.prompt('Hey!', { threadId: fresh('t') })).success()).text, HELLO);
}

/** Sends a message and waits for the control line that comes next. @param {any} client @param {unknown} message */
async function answer(client, message) {
  client.socket.send(message);
  return client.until('an answer', () => client.controls[0]);
}

describe('bad input', { concurrency: 4 }, () => {
  for (const [name, message, code, field] of REFUSED) {
    test(`${name}: ${code}`, async (t) => {
      const client = await connect(t);
      const error = await answer(client, message);
      assert.deepEqual([error.type, error.code], ['error', code], JSON.stringify(error));
      assert.ok(error.message.length > 0 && error.message.length < 400, error.message);
      if (field) assert.match(error.message, field);
      assert.equal(error.retryable ?? false, false);
      const id = typeof message === 'object' && !Buffer.isBuffer(message) && /** @type {any} */ (message)?.id;
      if (typeof id === 'string' && id.length <= 64) assert.equal(error.id, id);
      await goesOn(client);
      assert.equal(client.controls.length, 2, 'one answer to each message');
    });
  }

  for (const [name, message] of ACCEPTED) {
    test(`${name} is no mistake`, async (t) => {
      const client = await connect(t);
      const ack = await answer(client, message);
      assert.equal(ack.type, 'ack', JSON.stringify(ack));
      await client.until('the end', () => client.runs.get(ack.runId)?.ended);
      await goesOn(client);
    });
  }

  test('a frame over 32 KB closes the connection with 1009; the next one works', async (t) => {
    const thread = fresh('t');
    const client = await connect(t, { query: { thread } });
    client.socket.send({ prompt: 'Hey!', padding: 'x'.repeat(33 * 1024) });
    await assert.rejects(client.until('an answer', () => client.controls[0]), /closed with 1009/);
    const later = await connect(t, { query: { thread } });
    assert.deepEqual((await later.history()).messages, [], 'nothing was started');
    await goesOn(later);
  });

  test('a burst of rubbish is answered message by message, in order', async (t) => {
    const client = await connect(t);
    const messages = REFUSED.filter(([, message]) => typeof message === 'string').slice(0, 10);
    for (const [, message] of messages) client.socket.send(message);
    await client.until('all answers', () => client.controls.length >= messages.length);
    assert.deepEqual(client.controls.map(({ code }) => code), messages.map(([, , code]) => code));
    await goesOn(client);
  });
});
