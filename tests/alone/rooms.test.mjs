// Rooms when a table fails in the middle of a request. The stack has the room of the local stack.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectionRow } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { ALWAYS, inject } from '../harness/inject.mjs';
import { cloudEvent, push, received } from '../harness/push.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

const ROOM = 'lobby';

/** @param {TestContext} t */
async function open(t) {
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  return { client, connectionId, item: `${connectionId}#room#${ROOM}` };
}

/**
 * Lets the writes of an item of a room fail. The rule names no function, whose process is not found any more when it has given up
 * a call.
 * @param {TestContext} t
 * @param {string} item
 * @param {'PutItem' | 'DeleteItem'} operation
 */
function failWrites(t, item, operation) {
  return inject(t, { effect: 'fail', operation, containing: item, times: ALWAYS });
}

test('a join that failed in the middle makes no member, and a repetition does', async (t) => {
  const { client, connectionId, item } = await open(t);
  const puts = await failWrites(t, item, 'PutItem');
  const failed = await client.request({ action: 'join', room: ROOM });
  assert.deepEqual([failed.type, failed.code, failed.retryable], ['error', 'unavailable', true]);
  assert.deepEqual((await connectionRow(connectionId))?.rooms, [ROOM]);
  const event = cloudEvent();
  await push({ target: { room: ROOM }, event });
  assert.deepEqual(await received(client), []);
  await puts.remove();
  assert.equal((await client.request({ action: 'join', room: ROOM })).type, 'ack');
  await push({ target: { room: ROOM }, event });
  assert.deepEqual(await received(client), [event]);
});

test('a leave that failed in the middle ends the membership', async (t) => {
  const { client, item } = await open(t);
  await client.request({ action: 'join', room: ROOM });
  const deletions = await failWrites(t, item, 'DeleteItem');
  const failed = await client.request({ action: 'leave', room: ROOM });
  assert.deepEqual([failed.type, failed.code], ['error', 'unavailable']);
  assert.notEqual(await connectionRow(item), undefined);
  await push({ target: { room: ROOM }, event: cloudEvent() });
  assert.deepEqual(await received(client), []);
  await deletions.remove();
  assert.equal((await client.request({ action: 'leave', room: ROOM })).type, 'ack');
  assert.equal(await connectionRow(item), undefined);
});
