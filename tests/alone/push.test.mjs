// Events of other services when posts fail, when the function ends in the middle, and when a request is refused again and
// again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  connectionRow,
  drained,
  sendMessage,
  setConnectionAttribute,
  setVisibility,
  takeMessages,
} from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { ALWAYS, callsOf, inject } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { cloudEvent, invokePush, push, REPEATED_WAYS, received } from '../harness/push.mjs';
import { pushFromOutside } from '../harness/service.mjs';
import { stack } from '../harness/stack.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/** Deadline of what follows several visibility timeouts. */
const REDELIVERY_MS = 120_000;

/** User of a stack that does not tell users apart. */
const USER = '@none';

/**
 * Opens connections on a thread of their own.
 * @param {TestContext} t
 * @param {number} devices
 */
async function thread(t, devices) {
  const threadId = newId('t');
  const clients = await Promise.all(Array.from({ length: devices }, () => connect(t, { query: { thread: threadId } })));
  const ready = await Promise.all(clients.map((client) => client.request({ action: 'hello' })));
  return { target: { userId: USER, threadId }, clients, ids: ready.map(({ connectionId }) => connectionId) };
}

/** Lets posts of the function to a connection fail. @param {TestContext} t @param {string} id @param {object} fault */
function failPosts(t, id, fault) {
  return inject(t, {
    effect: 'refuse',
    status: 429,
    operation: 'PostToConnection',
    function: 'push',
    containing: id,
    ...fault,
  });
}

test('a connection that takes nothing for a moment gets the event once', async (t) => {
  const { target, clients, ids } = await thread(t, 2);
  const posts = await failPosts(t, ids[0], { times: 2 });
  const event = cloudEvent();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 2, gone: 0, stored: 0 });
  assert.equal(await posts.count(), 2);
  for (const client of clients) assert.deepEqual(await received(client), [event]);
});

test('a repeated request reaches only the connection that took nothing', async (t) => {
  const { target, clients, ids } = await thread(t, 3);
  const posts = await failPosts(t, ids[1], { times: ALWAYS });
  const event = cloudEvent();
  const { error } = await invokePush({ target, event });
  assert.deepEqual(
    [error?.errorType, error?.errorMessage],
    ['Incomplete', '1 of 3 connections did not take the event'],
  );
  assert.deepEqual(await Promise.all(clients.map(received)), [[event], [], [event]]);
  await posts.remove();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 3, gone: 0, stored: 0 });
  assert.deepEqual(await Promise.all(clients.map(received)), [[event], [event], [event]]);
});

// A slow connection of each way in; tests/identity/push.test.mjs has the other states. The invocation that nobody waits for is
// repeated by Lambda, which MiniStack does after seconds instead of minutes, and all others by the queue. MiniStack's topics
// and buses deliver once, and never fail, so what SNS and EventBridge repeat by themselves is tested nowhere; nor does its rule
// `prompt` repeat an invocation.
test('a slow connection gets an event when it is repeated, and holds up no other one', {
  concurrency: true,
}, async (t) => {
  // Longer than an invocation posts to a connection.
  await setVisibility(t, stack().push_queue_url, 20);
  const ways = Object.entries(REPEATED_WAYS).map(([way, send]) =>
    t.test(way, async (t) => {
      const { target, clients, ids } = await thread(t, 2);
      const [slow, other] = clients;
      const posts = await failPosts(t, ids[0], { times: ALWAYS });
      const event = cloudEvent();
      await send(JSON.stringify({ target, event }));
      await until('a repetition', async () => (await requestsFor(ids[0])) >= 2, REDELIVERY_MS);
      assert.deepEqual([await received(slow), await received(other)], [[], [event]]);
      await posts.remove();
      await until('the slow connection has the event', async () => (await received(slow)).length > 0, REDELIVERY_MS);
      await drained(stack().push_queue_url, REDELIVERY_MS);
      for (const client of clients) assert.deepEqual(await received(client), [event]);
    }),
  );
  await Promise.all(ways);
  assert.deepEqual(await takeMessages(stack().push_dead_letter_url), []);
});

test('a post that takes too long is posted again, with the same id', async (t) => {
  const { target, clients, ids } = await thread(t, 2);
  // A post has five seconds.
  await failPosts(t, ids[0], { effect: 'delay', ms: 8_000 });
  const event = cloudEvent();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 2, gone: 0, stored: 0 });
  const [slow, other] = await Promise.all(clients.map(received));
  assert.deepEqual(other, [event]);
  // Whether the first post arrives too depends on when the proxy notices that its caller has given up.
  assert.ok(slow.length === 1 || slow.length === 2, `${slow.length} events`);
  for (const each of slow) assert.deepEqual(each, event);
});

test('a post whose response is lost is repeated with the same id', async (t) => {
  const { target, clients, ids } = await thread(t, 1);
  await failPosts(t, ids[0], { effect: 'lose' });
  const event = cloudEvent();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 1, gone: 0, stored: 0 });
  assert.deepEqual(await received(clients[0]), [event, event]);
});

test('a connection that is not open yet gets the event when it is', async (t) => {
  const { target, clients, ids } = await thread(t, 1);
  await setConnectionAttribute(ids[0], 'connectedAt', Math.floor(Date.now() / 1000) + 60);
  const posts = await failPosts(t, ids[0], { status: 410, times: 2 });
  const event = cloudEvent();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 1, gone: 0, stored: 0 });
  assert.equal(await posts.count(), 2);
  assert.deepEqual(await received(clients[0]), [event]);
});

test('a connection that is gone is posted to once, and loses its row', async (t) => {
  const { target, ids } = await thread(t, 2);
  await setConnectionAttribute(ids[0], 'connectedAt', Math.floor(Date.now() / 1000) - 60);
  const posts = await failPosts(t, ids[0], { status: 410, times: ALWAYS });
  const event = cloudEvent();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 1, gone: 1, stored: 0 });
  assert.equal(await posts.count(), 1);
  assert.equal(await connectionRow(ids[0]), undefined);
});

test('a crash between the posts and their note repeats the event once at most', async (t) => {
  const { target, clients, ids } = await thread(t, 2);
  const event = cloudEvent();
  const held = await holdNote(t, ids[0]);
  const crashed = invokePush({ target, event });
  await held.matched();
  await kill(await noteWriter(ids[0]));
  await held.remove();
  assert.notEqual((await crashed).error, undefined);
  for (const client of clients) assert.deepEqual(await received(client), [event]);

  for (let time = 0; time < 3; time += 1) {
    assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 2, gone: 0, stored: 0 });
  }
  const [first, other] = await Promise.all(clients.map(received));
  assert.deepEqual(first, [event, event]);
  // When its post ended before the other one, the delivery was noted before the crash.
  assert.deepEqual(other, other.length === 1 ? [event] : [event, event]);
});

test('the queue delivers an event whose function crashed', async (t) => {
  await setVisibility(t, stack().push_queue_url, 5);
  const { target, clients, ids } = await thread(t, 1);
  const event = cloudEvent();
  const held = await holdNote(t, ids[0]);
  await sendMessage(stack().push_queue_url, JSON.stringify({ target, event }));
  await held.matched();
  await kill(await noteWriter(ids[0]));
  await held.remove();
  await drained(stack().push_queue_url, REDELIVERY_MS);
  assert.deepEqual(await received(clients[0]), [event, event]);
});

test('a request that is refused moves to the dead-letter queue, and the others of its batch are delivered', async (t) => {
  await setVisibility(t, stack().push_queue_url, 2);
  const { target, clients } = await thread(t, 1);
  const event = cloudEvent();
  const tooLong = JSON.stringify({ target, event: cloudEvent({ data: 'x'.repeat(240 * 1024) }) });
  await sendMessage(stack().push_queue_url, tooLong);
  await sendMessage(stack().push_queue_url, 'no JSON');
  await sendMessage(stack().push_queue_url, JSON.stringify({ target, event }));
  await drained(stack().push_queue_url, REDELIVERY_MS);
  assert.deepEqual(await received(clients[0]), [event]);
  /** @type {string[]} */
  const dead = [];
  await until('two dead letters', async () => {
    dead.push(...(await takeMessages(stack().push_dead_letter_url)));
    return dead.length >= 2;
  });
  assert.deepEqual(dead.sort(), [tooLong, 'no JSON'].sort());
});

test('a table that does not respond makes the request fail, and a repetition delivers the event', async (t) => {
  const { target, clients } = await thread(t, 1);
  const table = await inject(t, { effect: 'fail', operation: 'Query', function: 'push', times: ALWAYS });
  const event = cloudEvent();
  const { error } = await invokePush({ target, event });
  assert.deepEqual([error?.errorType, error?.errorMessage], ['Unavailable', 'a table failed']);
  assert.deepEqual(await received(clients[0]), []);
  await table.remove();
  assert.deepEqual(await push({ target, event }), { id: event.id, delivered: 1, gone: 0, stored: 0 });
  assert.deepEqual(await received(clients[0]), [event]);
});

test('a service that posts itself repeats status 429, and leaves out what is gone', async (t) => {
  const { clients, ids } = await thread(t, 2);
  const proxy = /** @type {string} */ (process.env.LONGWIRE_TESTS_PROXY);
  const endpoint = stack().management.replace(stack().ministack, proxy);
  const refuse = (/** @type {string} */ id, /** @type {object} */ more) =>
    inject(t, { effect: 'refuse', operation: 'PostToConnection', containing: id, ...more });
  await refuse(ids[0], { status: 429, times: 2 });
  await refuse(ids[1], { status: 410, times: ALWAYS });
  const event = cloudEvent();
  const counts = await pushFromOutside(USER, event, { endpoint });
  assert.ok(counts.delivered >= 1 && counts.gone >= 1 && counts.failed === 0, JSON.stringify(counts));
  assert.deepEqual(await Promise.all(clients.map(received)), [[event], []]);
});

/** Number of requests for a connection: each asks once whether it has the event. @param {string} id */
async function requestsFor(id) {
  return (await callsOf({ operation: 'BatchGetItem', function: 'push', containing: `${id}#push#` })).length;
}

/** Holds the write with which the function notes a delivery. @param {TestContext} t @param {string} id of the connection */
function holdNote(t, id) {
  return inject(t, { effect: 'hold', operation: 'BatchWriteItem', function: 'push', containing: `${id}#push#` });
}

/** Waits for the process that makes such a write. @param {string} id @returns {Promise<number>} */
function noteWriter(id) {
  return until('the process of the function', async () => {
    const writes = await callsOf({ operation: 'BatchWriteItem', containing: `${id}#push#` });
    return writes.at(-1)?.pid;
  });
}
