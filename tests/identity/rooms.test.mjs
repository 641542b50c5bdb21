// Rooms: who may be in them, and whom an event for a room reaches.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connectionRow, putItem } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { local } from '../harness/local.mjs';
import { cloudEvent, invokePush, push, received, WAYS } from '../harness/push.mjs';
import { user } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('node:test').TestContext} TestContext */

/** Most rooms of a connection (docs/protocol.md). */
const MAX_ROOMS = 20;

/** A room of one test that everybody may join. */
const openRoom = () => newId('open-');

/** A room of one test for the groups `staff` and `lead`. */
const staffRoom = () => newId('staff-');

/** @param {Client} client @param {'join' | 'leave'} action @param {string} room */
async function request(client, action, room) {
  const { id: _, ...response } = await client.request({ action, room });
  return response;
}

/** @param {Client} client @param {string} room */
async function join(client, room) {
  assert.deepEqual(await request(client, 'join', room), { type: 'ack', action: 'join', room });
}

/** @param {Client} client @param {string} room */
async function leave(client, room) {
  assert.deepEqual(await request(client, 'leave', room), { type: 'ack', action: 'leave', room });
}

/** @param {Client} client @param {string} room */
async function refused(client, room) {
  const { type, code, message } = await request(client, 'join', room);
  assert.deepEqual([type, code], ['error', 'forbidden'], message);
  return message;
}

/**
 * Opens the connection of a new user who joins a room.
 * @param {TestContext} t
 * @param {string} room
 * @param {string[]} [groups]
 */
async function member(t, room, groups) {
  const opened = await user(t, groups);
  const { connectionId } = await opened.client.request({ action: 'hello' });
  await join(opened.client, room);
  return { ...opened, connectionId };
}

/** Pushes an event to a room, and returns the event. @param {string} room @param {object} answer what is expected of it */
async function send(room, answer) {
  const event = cloudEvent();
  assert.deepEqual(await push({ target: { room }, event }), { id: event.id, stored: 0, ...answer });
  return event;
}

/** Reads the item of a member. @param {string} connectionId @param {string} room */
function item(connectionId, room) {
  return connectionRow(`${connectionId}#room#${room}`);
}

describe('a room', { concurrency: 4 }, () => {
  test('with a rule for groups admits their users, and no others', async (t) => {
    const room = staffRoom();
    const [ann, ben, eve] = await Promise.all([
      member(t, room, ['staff']),
      member(t, room, ['guest', 'lead']),
      user(t, ['guest']),
    ]);
    const absent = await refused(eve.client, 'no-such-room');
    assert.equal(await refused(eve.client, room), absent, 'a room that exists is refused like one that does not');
    const event = await send(room, { delivered: 2, gone: 0 });
    for (const { client } of [ann, ben]) assert.deepEqual(await received(client), [event]);
    assert.deepEqual(await received(eve.client), []);
  });

  test('has the rule of its most specific pattern', async (t) => {
    const [staff, lead] = await Promise.all([user(t, ['staff']), user(t, ['lead'])]);
    await refused(staff.client, 'staff-leads');
    await join(lead.client, 'staff-leads');
    await refused(lead.client, 'open-closed');
    await join(staff.client, 'lobby');
  });

  test('loses a member without a connection with the next event', async (t) => {
    const room = openRoom();
    const { client, connectionId } = await member(t, room);
    // What is left when the row expires, or its deletion stops in the middle.
    const gone = `${newId('gone')}=`;
    const left = /** @type {any} */ (await item(connectionId, room));
    await putItem('connections', { ...left, connection: `${gone}#room#${room}`, member: gone });
    const event = await send(room, { delivered: 1, gone: 1 });
    assert.equal(await item(gone, room), undefined);
    await send(room, { delivered: 1, gone: 0 });
    assert.equal((await received(client))[0].id, event.id);
  });

  test('is joined and left as often as a client likes', async (t) => {
    const room = openRoom();
    const { client, connectionId } = await member(t, room);
    await join(client, room);
    assert.deepEqual((await connectionRow(connectionId))?.rooms, [room]);
    await send(room, { delivered: 1, gone: 0 });
    await leave(client, room);
    await leave(client, room);
    await leave(client, 'no-such-room');
    const row = await connectionRow(connectionId);
    assert.deepEqual([row?.rooms, await item(connectionId, room)], [undefined, undefined]);
    await send(room, { delivered: 0, gone: 0 });
    await join(client, room);
    await send(room, { delivered: 1, gone: 0 });
    assert.equal((await received(client)).length, 2);
  });

  test('is one of twenty of a connection at most', async (t) => {
    const { client } = await user(t);
    const rooms = Array.from({ length: MAX_ROOMS + 1 }, openRoom);
    const last = /** @type {string} */ (rooms.pop());
    await Promise.all(rooms.map((room) => join(client, room)));
    assert.match(await refused(client, last), /20 rooms/);
    await join(client, rooms[0]);
    await leave(client, rooms[0]);
    await join(client, last);
    await send(rooms[0], { delivered: 0, gone: 0 });
    await send(last, { delivered: 1, gone: 0 });
  });

  test('is of connections, not of users', async (t) => {
    const room = openRoom();
    const { client, headers } = await member(t, room);
    const other = await connect(t, { headers });
    const event = await send(room, { delivered: 1, gone: 0 });
    assert.deepEqual(await received(client), [event]);
    assert.deepEqual(await received(other), []);
  });

  test('does not reach connections of other formats', async (t) => {
    const room = openRoom();
    const { headers } = await member(t, room);
    const other = await connect(t, { headers, query: { format: 'simple' } });
    other.socket.send({ action: 'join', id: 'j', room, format: 'agui' });
    await other.socket.until('the ack', ({ frames }) => frames.some(({ text }) => text.includes('"id":"j"')));
    await send(room, { delivered: 1, gone: 0 });
  });
});

describe('nothing more arrives', { concurrency: 4 }, () => {
  test('after `leave`', async (t) => {
    const room = staffRoom();
    const [ann, ben] = await Promise.all([member(t, room, ['staff']), member(t, room, ['staff'])]);
    const first = await send(room, { delivered: 2, gone: 0 });
    await leave(ann.client, room);
    const second = await send(room, { delivered: 1, gone: 0 });
    assert.deepEqual(await received(ann.client), [first]);
    assert.deepEqual(await received(ben.client), [first, second]);
  });

  test('after the connection was closed, and its memberships are gone', async (t) => {
    const [room, other] = [openRoom(), openRoom()];
    const [ann, ben] = await Promise.all([member(t, room), member(t, room)]);
    await join(ann.client, other);
    ann.client.close();
    await until('no item is left', async () => {
      const items = [room, other].map((each) => item(ann.connectionId, each));
      return (await Promise.all(items)).every((each) => each === undefined);
    });
    const event = await send(room, { delivered: 1, gone: 0 });
    assert.deepEqual(await received(ben.client), [event]);
  });

  test('after an `auth` with fewer groups', async (t) => {
    const room = staffRoom();
    const [ann, ben] = await Promise.all([member(t, room, ['guest', 'staff']), member(t, room, ['staff'])]);
    const renew = async (/** @type {string[]} */ groups) => {
      const renewed = await ann.client.request({ action: 'auth', token: await token({ sub: ann.sub, groups }) });
      assert.equal(renewed.type, 'ack', JSON.stringify(renewed));
    };
    const first = await send(room, { delivered: 2, gone: 0 });
    await renew(['guest']);
    const second = await send(room, { delivered: 1, gone: 0 });
    assert.equal(await item(ann.connectionId, room), undefined);
    await refused(ann.client, room);
    await renew(['staff']);
    const third = await send(room, { delivered: 1, gone: 0 });
    await join(ann.client, room);
    const fourth = await send(room, { delivered: 2, gone: 0 });
    assert.deepEqual(await received(ann.client), [first, fourth]);
    assert.deepEqual(await received(ben.client), [first, second, third, fourth]);
  });
});

describe('an event for a room', { concurrency: 3 }, () => {
  for (const [way, deliver] of Object.entries(WAYS)) {
    test(`by ${way} reaches each member once`, async (t) => {
      const room = openRoom();
      const members = await Promise.all([member(t, room), member(t, room)]);
      const event = cloudEvent();
      const bare = cloudEvent({ lwroom: room });
      for (const request of [{ target: { room }, event }, bare, { target: { room }, event }]) await deliver(request);
      await push({ target: { userId: members[0].sub }, event });
      for (const { client } of members) assert.deepEqual(await received(client), [event, bare]);
    });
  }

  test('needs a room of the deployment', async () => {
    const event = cloudEvent();
    for (const request of [
      { target: { room: 'no-such-room' }, event },
      { target: { room: 'a/b' }, event },
      { target: { room: 'lobby', userId: 'ann' }, event },
      { target: { room: 'lobby' }, event, durable: true },
    ]) {
      const { error } = await invokePush(request);
      assert.equal(error?.errorType, 'InvalidRequest', JSON.stringify(request));
    }
  });

  test('is sent by scripts/local push', async (t) => {
    const room = openRoom();
    const { client } = await member(t, room);
    const sent = await local(['push', '--room', room, '{"order":"42"}']);
    assert.equal(sent.code, 0, sent.err);
    const [event] = await received(client);
    assert.deepEqual(event.data, { order: '42' });
    assert.deepEqual(JSON.parse(sent.out), { id: event.id, delivered: 1, gone: 0, stored: 0 });
  });
});
