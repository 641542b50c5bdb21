// Inbox of a user: events that are kept for devices that were away, and sent when they are back.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { drained } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { cloudEvent, invokePush, numbered, push, received, WAYS } from '../harness/push.mjs';
import { stack } from '../harness/stack.mjs';
import { authorized } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('../harness/push.mjs').CloudEvent} CloudEvent */
/** @typedef {import('node:test').TestContext} TestContext */

/**
 * Opens a connection without a request.
 * @param {TestContext} t
 * @param {string} sub
 * @param {Record<string, string>} [query]
 */
async function open(t, sub, query = {}) {
  return connect(t, { headers: await authorized({ sub }), query });
}

/**
 * Opens a connection and says `hello`.
 * @param {TestContext} t
 * @param {string} sub
 * @param {string} [deviceId]
 */
async function device(t, sub, deviceId) {
  const client = await open(t, sub);
  const ready = await client.request({ action: 'hello', deviceId });
  assert.equal(ready.type, 'ready', JSON.stringify(ready));
  return client;
}

/** Keeps an event for a user. @param {string} userId @param {Record<string, any>} [fields] of the request */
async function keep(userId, fields = {}) {
  const event = cloudEvent();
  const answer = await push({ target: { userId }, event, durable: true, ...fields });
  assert.equal(answer.stored, 1);
  return fields.event ?? event;
}

/** Keeps events one after another. @param {string} userId @param {number} count */
async function keepMany(userId, count) {
  const events = [];
  for (let at = 0; at < count; at += 1) events.push(await keep(userId));
  return events;
}

/**
 * Events of the inbox with the numbers from `first` on.
 * @param {CloudEvent[]} events
 * @param {number} [first]
 */
function from(events, first = 1) {
  return events.map((event, at) => ({ seq: first + at, event }));
}

/**
 * Waits until all drain jobs are done, and returns what the client got. A job is in the queue before the response to the
 * request that asked for it.
 * @param {Client} client
 */
async function settled(client) {
  await drained(stack().push_queue_url);
  await received(client);
  return numbered(client);
}

/** @param {Client} client @param {Record<string, any>} [fields] */
async function inbox(client, fields = {}) {
  const response = await client.request({ action: 'inbox', ...fields });
  assert.equal(response.type, 'inbox', JSON.stringify(response));
  return response;
}

/** @param {Client} client @param {number} upTo */
async function seen(client, upTo) {
  const { id: _, ...response } = await client.request({ action: 'seen', upTo });
  return response;
}

describe('a user who was away', { concurrency: 4 }, () => {
  test('gets the events after `hello`, in order', async (t) => {
    const sub = newId('user');
    const events = await keepMany(sub, 3);
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), from(events));
  });

  test('needs no id of a device', async (t) => {
    const sub = newId('user');
    const events = await keepMany(sub, 2);
    const client = await device(t, sub);
    assert.deepEqual(await settled(client), from(events));
    assert.deepEqual(await seen(client, 1), { type: 'ack', action: 'seen', upTo: 1 });
    const again = await device(t, sub);
    assert.deepEqual(await settled(again), from(events).slice(1));
  });

  test('gets nothing before `hello`, and the events after `resume` as well', async (t) => {
    const sub = newId('user');
    const client = await open(t, sub);
    const event = cloudEvent();
    // Nobody is on this thread, so the event is kept and not sent.
    const target = { userId: sub, threadId: newId('t') };
    assert.deepEqual(await push({ target, event, durable: true }), { id: event.id, delivered: 0, gone: 0, stored: 1 });
    assert.deepEqual(await settled(client), []);
    const resumed = await client.request({ action: 'resume', after: 0 });
    assert.deepEqual([resumed.type, resumed.status], ['resumed', 'idle']);
    assert.deepEqual(await settled(client), from([event]));
  });

  test('gets more events than a page of the table has', async (t) => {
    const sub = newId('user');
    const events = await keepMany(sub, 105);
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), from(events));
  });

  test('gets events of 27 KB one by one', async (t) => {
    const sub = newId('user');
    const events = [];
    for (let at = 0; at < 3; at += 1)
      events.push(await keep(sub, { event: cloudEvent({ data: 'x'.repeat(27 * 1024) }) }));
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), from(events));
    const page = await inbox(client, { limit: 100 });
    assert.deepEqual([page.pushes, page.next], [from(events).slice(0, 1), 1], 'a response is one frame');
  });
});

describe('a device', { concurrency: 4 }, () => {
  test('that has seen an event does not get it again, and another one does', async (t) => {
    const sub = newId('user');
    const events = [await keep(sub)];
    const phone = await device(t, sub, 'phone');
    const laptop = await device(t, sub, 'laptop');
    for (const client of [phone, laptop]) assert.deepEqual(await settled(client), from(events));
    assert.deepEqual(await seen(phone, 1), { type: 'ack', action: 'seen', upTo: 1 });
    for (const client of [phone, laptop]) client.close();
    assert.deepEqual(await settled(await device(t, sub, 'phone')), []);
    assert.deepEqual(await settled(await device(t, sub, 'laptop')), from(events));
  });

  test('that reconnects in the middle of the inbox gets the rest in order', async (t) => {
    const sub = newId('user');
    const events = await keepMany(sub, 5);
    const client = await device(t, sub, 'phone');
    await client.until('the third event', () => numbered(client).length >= 3);
    await seen(client, 3);
    client.close();
    const more = await keep(sub);
    assert.deepEqual(await settled(await device(t, sub, 'phone')), from([...events.slice(3), more], 4));
  });

  test('that is connected gets the event at once, with its number', async (t) => {
    const sub = newId('user');
    const phone = await device(t, sub, 'phone');
    const laptop = await device(t, sub, 'laptop');
    const event = cloudEvent();
    const answer = await push({ target: { userId: sub }, event, durable: true });
    assert.deepEqual(answer, { id: event.id, delivered: 2, gone: 0, stored: 1 });
    for (const client of [phone, laptop]) {
      await received(client);
      assert.deepEqual(numbered(client), from([event]));
    }
    const other = cloudEvent();
    assert.equal((await push({ target: { userId: sub }, event: other })).stored, 0);
    await received(phone);
    assert.deepEqual(numbered(phone), [...from([event]), { seq: undefined, event: other }], 'not kept: no number');
  });

  test('has seen no more than there is, and never less than before', async (t) => {
    const sub = newId('user');
    await keepMany(sub, 2);
    const client = await device(t, sub, 'phone');
    assert.equal((await seen(client, 1_000_000)).upTo, 2);
    assert.equal((await seen(client, 1)).upTo, 2);
    const event = await keep(sub);
    assert.deepEqual(await settled(await device(t, sub, 'phone')), from([event], 3));
  });

  test('with another format gets no frame, and reads the inbox', async (t) => {
    const sub = newId('user');
    const event = await keep(sub);
    const client = await open(t, sub, { format: 'simple' });
    await client.request({ action: 'hello', format: 'agui' });
    await drained(stack().push_queue_url);
    const page = await inbox(client, { format: 'agui' });
    assert.deepEqual(page.pushes, from([event]));
    assert.deepEqual(numbered(client), []);
  });
});

describe('the inbox', { concurrency: 4 }, () => {
  test('is read in pages', async (t) => {
    const sub = newId('user');
    const events = from(await keepMany(sub, 5));
    const client = await open(t, sub);
    assert.deepEqual((await inbox(client)).pushes, events);
    assert.deepEqual((await inbox(client, { after: 3 })).pushes, events.slice(3));
    assert.deepEqual((await inbox(client, { after: 5 })).pushes, []);
    const pages = [];
    for (let after = 0; after !== undefined; ) {
      const { pushes, next, dropped } = await inbox(client, { after, limit: 2 });
      assert.equal(dropped, undefined);
      pages.push(pushes);
      after = next;
    }
    assert.deepEqual(pages.slice(0, 3), [events.slice(0, 2), events.slice(2, 4), events.slice(4)]);
    assert.deepEqual(pages.slice(3).flat(), []);
  });

  test('has the last event with a collapse key', async (t) => {
    const sub = newId('user');
    await keep(sub, { collapseKey: 'cart' });
    const others = [await keep(sub), await keep(sub, { collapseKey: 'order' })];
    const last = await keep(sub, { collapseKey: 'cart' });
    const expected = from([...others, last], 2);
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), expected);
    assert.deepEqual((await inbox(client)).pushes, expected);
  });

  test('has a repeated event once, whatever the way', async (t) => {
    const sub = newId('user');
    const event = await keep(sub);
    const request = { target: { userId: sub }, event, durable: true };
    for (const again of Object.values(WAYS)) await again(request);
    const bare = cloudEvent({ lwuser: sub, lwdurable: true });
    for (const send of Object.values(WAYS)) await send(bare);
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), from([event, bare]));
    assert.deepEqual((await inbox(client)).pushes, from([event, bare]));
  });

  test('loses an event after its time', async (t) => {
    const sub = newId('user');
    await keep(sub, { ttlSeconds: 1 });
    const event = await keep(sub, { ttlSeconds: 604_800 });
    const client = await open(t, sub);
    const expected = from([event], 2);
    await until('the event has expired', async () => (await inbox(client)).pushes.length === 1);
    assert.deepEqual((await inbox(client)).pushes, expected);
    assert.deepEqual(await settled(await device(t, sub, 'phone')), expected);
  });

  test('of another user is empty', async (t) => {
    const [owner, sub] = [newId('user'), newId('user')];
    const event = await keep(owner);
    const client = await device(t, sub, 'phone');
    assert.deepEqual(await settled(client), []);
    const page = await inbox(client);
    assert.deepEqual(page, { type: 'inbox', id: page.id, pushes: [] });
    assert.equal((await seen(client, 1)).upTo, 0);
    assert.deepEqual(await settled(await device(t, owner, 'phone')), from([event]));
  });
});

describe('a refusal', { concurrency: 4 }, () => {
  test('names what is wrong with a request of a client', async (t) => {
    const client = await open(t, newId('user'));
    const refused = async (/** @type {Record<string, any>} */ request) => {
      const { type, code, message } = await client.request(request);
      assert.deepEqual([type, code], ['error', 'invalid_message'], JSON.stringify(request));
      return message;
    };
    assert.equal(await refused({ action: 'inbox', limit: 0 }), '`limit` must be 1 to 100.');
    assert.equal(await refused({ action: 'inbox', limit: 101 }), '`limit` must be 1 to 100.');
    assert.match(await refused({ action: 'inbox', after: -1 }), /`after`/);
    assert.equal(await refused({ action: 'seen' }), '`upTo` is missing.');
    assert.match(await refused({ action: 'seen', upTo: 'all' }), /`upTo`/);
    assert.match(await refused({ action: 'hello', deviceId: 'd'.repeat(65) }), /`deviceId`.* 64 /);
    assert.match(await refused({ action: 'hello', deviceId: 'a/b' }), /`deviceId`/);
    for (const deviceId of ['phone', 'phone'])
      assert.equal((await client.request({ action: 'hello', deviceId })).type, 'ready');
    assert.equal(await refused({ action: 'hello', deviceId: 'tablet' }), '`deviceId` of a connection cannot change.');
  });

  test('names what is wrong with a durable event', async () => {
    const target = { userId: newId('user') };
    const refused = async (/** @type {object} */ request) => {
      const { error } = await invokePush(request);
      assert.equal(error?.errorType, 'InvalidRequest', JSON.stringify(error));
      return error.errorMessage;
    };
    const durable = { target, event: cloudEvent(), durable: true };
    assert.match(await refused({ ...durable, ttlSeconds: 0 }), /`ttlSeconds`/);
    assert.match(await refused({ ...durable, ttlSeconds: 604_801 }), /`ttlSeconds`/);
    assert.match(await refused({ ...durable, collapseKey: '' }), /`collapseKey`/);
    assert.match(await refused({ ...durable, collapseKey: 'k'.repeat(129) }), /`collapseKey`/);
    assert.match(await refused({ ...durable, durable: false, ttlSeconds: 60 }), /`durable|"durable"/);
    assert.match(await refused({ ...durable, target: { connectionId: 'c=' } }), /`durable`.*`userId`/);
    assert.match(await refused(cloudEvent({ lwuser: target.userId, lwdurable: 'yes' })), /`lwdurable`/);
  });
});
