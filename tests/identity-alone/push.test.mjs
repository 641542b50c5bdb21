// An event for a user with a thousand connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { peakMemory, processesOf } from '../harness/callers.mjs';
import { newId } from '../harness/client.mjs';
import { token } from '../harness/issuer.mjs';
import { cloudEvent, push } from '../harness/push.mjs';
import { Socket } from '../harness/socket.mjs';
import { stack } from '../harness/stack.mjs';

const CONNECTIONS = 1_000;

/** Handshakes at the same time. MiniStack starts a process for each of two functions. */
const AT_ONCE = 8;

/** Deadline for all connections, of which each takes two invocations. */
const OPENED_MS = 300_000;

/** Memory of the function, in MiB: that of its configuration. */
const MEMORY = 256;

test('an event reaches a thousand connections of a user once', async (t) => {
  const userId = newId('user');
  const headers = { Authorization: `Bearer ${await token({ sub: userId, expiresIn: 3600 })}` };
  const began = Date.now();
  /** @type {Socket[]} */
  const sockets = [];
  t.after(() => {
    for (const socket of sockets) socket.terminate();
  });
  const opener = async () => {
    while (sockets.length + AT_ONCE <= CONNECTIONS && Date.now() - began < OPENED_MS) {
      sockets.push(await Socket.open({ headers }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  t.diagnostic(`${sockets.length} connections in ${Date.now() - began} ms`);

  const event = cloudEvent();
  const sent = Date.now();
  const answer = await push({ target: { userId }, event });
  const took = Date.now() - sent;
  assert.deepEqual(answer, { id: event.id, delivered: sockets.length, gone: 0, stored: 0 });
  await Promise.all(sockets.map((socket) => socket.until('the event', ({ frames }) => frames.length > 0)));
  const peaks = processesOf('push', stack().management).map(peakMemory);
  t.diagnostic(`${sockets.length} posts in ${took} ms; memory of the function: ${Math.max(...peaks).toFixed(0)} MiB`);
  assert.ok(peaks.length > 0 && Math.max(...peaks) < MEMORY, `${peaks} MiB`);

  assert.equal((await push({ target: { userId }, event })).delivered, sockets.length);
  const last = cloudEvent();
  await push({ target: { userId }, event: last });
  await Promise.all(sockets.map((socket) => socket.until('both events', ({ frames }) => frames.length > 1)));
  const expected = [event, last].map((each) => ({ type: 'push', id: each.id, event: each }));
  for (const { frames } of sockets) {
    assert.deepEqual(
      frames.map(({ text }) => JSON.parse(text)),
      expected,
    );
  }
});
