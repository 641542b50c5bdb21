// Events for a user, and for a room, with a thousand connections.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { drained } from '../harness/aws.mjs';
import { peakMemory, processesOf } from '../harness/callers.mjs';
import { newId } from '../harness/client.mjs';
import { token } from '../harness/issuer.mjs';
import { cloudEvent, push } from '../harness/push.mjs';
import { Socket } from '../harness/socket.mjs';
import { stack } from '../harness/stack.mjs';

const CONNECTIONS = 1_000;

/** Handshakes and requests at the same time. MiniStack starts a process for each of two functions. */
const AT_ONCE = 8;

/** Deadline for all connections, of which each takes two invocations. */
const OPENED_MS = 300_000;

/** Deadline of a broadcast. */
const BROADCAST_MS = 120_000;

/** Members of a room to whom the function posts at once (docs/push.md). */
const AT_ONCE_POSTED = 500;

/** Memory of the function, in MiB: that of its configuration. */
const MEMORY = 256;

const userId = newId('user');
/** @type {Socket[]} */
const sockets = [];

/** @param {() => Promise<void>} work */
function sideBySide(work) {
  return Promise.all(Array.from({ length: AT_ONCE }, work));
}

before(async () => {
  const headers = { Authorization: `Bearer ${await token({ sub: userId, expiresIn: 3600 })}` };
  const began = Date.now();
  await sideBySide(async () => {
    while (sockets.length + AT_ONCE <= CONNECTIONS && Date.now() - began < OPENED_MS) {
      sockets.push(await Socket.open({ headers }));
    }
  });
  console.log(`${sockets.length} connections in ${Date.now() - began} ms`);
});
after(() => {
  for (const socket of sockets) socket.terminate();
});

/** Frames with an event that a connection has. @param {Socket} socket @param {{id: string}} event */
function frames(socket, event) {
  return socket.frames.filter(({ text }) => text.startsWith(`{"type":"push","id":"${event.id}"`));
}

/** Waits until all connections have an event. @param {{id: string}} event */
async function arrived(event) {
  const has = (/** @type {Socket} */ socket) => frames(socket, event).length > 0;
  await Promise.all(sockets.map((socket) => socket.until('the event', has, BROADCAST_MS)));
}

/** Checks that all connections have some events, each once. @param {import('../harness/push.mjs').CloudEvent[]} events */
function assertOnce(events) {
  for (const socket of sockets) {
    for (const event of events) {
      const found = frames(socket, event).map(({ text }) => JSON.parse(text));
      assert.deepEqual(found, [{ type: 'push', id: event.id, event }]);
    }
  }
}

/** Most memory that the function has needed, in MiB. */
function memory() {
  const peaks = processesOf('push', stack().management).map(peakMemory);
  assert.ok(peaks.length > 0);
  return Math.max(...peaks);
}

/** Joins a room. A request that a busy machine refuses is repeated, as clients do. @param {Socket} socket @param {string} room */
async function join(socket, room) {
  for (let tries = 0; tries < 20; tries += 1) {
    const id = newId('j');
    socket.send({ action: 'join', id, room });
    const response = await socket.until('the response', ({ frames }) =>
      frames.find(({ text }) => text.includes(`"id":"${id}"`)),
    );
    const { retryable, ...rest } = JSON.parse(response.text);
    if (!retryable) return assert.deepEqual(rest, { type: 'ack', id, action: 'join', room });
  }
  assert.fail('the room was not joined');
}

test('an event reaches a thousand connections of a user once', async (t) => {
  const event = cloudEvent();
  const sent = Date.now();
  const answer = await push({ target: { userId }, event });
  const took = Date.now() - sent;
  assert.deepEqual(answer, { id: event.id, delivered: sockets.length, gone: 0, stored: 0 });
  await arrived(event);
  const peak = memory();
  t.diagnostic(`${sockets.length} posts in ${took} ms; memory of the function: ${peak.toFixed(0)} MiB`);
  assert.ok(peak < MEMORY, `${peak} MiB`);

  assert.equal((await push({ target: { userId }, event })).delivered, sockets.length);
  const last = cloudEvent();
  await push({ target: { userId }, event: last });
  await arrived(last);
  assertOnce([event, last]);
});

test('a broadcast reaches a thousand members of a room once', async (t) => {
  assert.ok(sockets.length > AT_ONCE_POSTED, `${sockets.length} connections are too few for a broadcast`);
  const room = newId('open-');
  const left = [...sockets];
  const began = Date.now();
  await sideBySide(async () => {
    for (let socket = left.pop(); socket; socket = left.pop()) {
      await join(socket, room);
    }
  });
  t.diagnostic(`${sockets.length} members in ${Date.now() - began} ms`);

  const event = cloudEvent();
  const sent = Date.now();
  const answer = await push({ target: { room }, event });
  const queued = Date.now() - sent;
  assert.deepEqual(answer, { id: event.id, delivered: 0, gone: 0, stored: 0, queued: sockets.length });
  await arrived(event);
  const took = Date.now() - sent;
  t.diagnostic(`queued in ${queued} ms, posted in ${took} ms; memory of the function: ${memory().toFixed(0)} MiB`);
  assert.ok(memory() < MEMORY, `${memory()} MiB`);
  await drained(stack().push_queue_url, BROADCAST_MS);

  assert.equal((await push({ target: { room }, event })).queued, sockets.length);
  await drained(stack().push_queue_url, BROADCAST_MS);
  const last = cloudEvent();
  await push({ target: { room }, event: last });
  await arrived(last);
  assertOnce([event, last]);
});
