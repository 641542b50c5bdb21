// Posts that API Gateway refuses: with 410 while a connection opens and later, with 403 and 413.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectionRow, endedRow, putItem } from '../harness/aws.mjs';
import { connect, newId, reconnecting } from '../harness/client.mjs';
import { ALWAYS, inject } from '../harness/inject.mjs';

/**
 * Opens a connection whose row says that it was made `seconds` from now.
 * @param {import('node:test').TestContext} t
 * @param {number} seconds
 */
async function madeIn(t, seconds) {
  const client = await connect(t, { query: { thread: newId('t') } });
  const { connectionId } = await client.request({ action: 'hello' });
  const row = await connectionRow(connectionId);
  await putItem('connections', { ...row, connectedAt: Math.floor(Date.now() / 1000) + seconds });
  return { client, connectionId };
}

/**
 * Refuses posts to a connection with a status.
 * @param {import('node:test').TestContext} t
 * @param {string} connection
 * @param {Partial<import('../harness/faults.mjs').Rule>} more
 */
function refuse(t, connection, more) {
  return inject(t, { effect: 'refuse', operation: 'PostToConnection', containing: connection, ...more });
}

test('a connection that is opening gets its events although its first posts are answered with 410', async (t) => {
  const { client, connectionId } = await madeIn(t, 60);
  const posts = await refuse(t, connectionId, { status: 410, times: 3 });
  const run = await (await client.prompt('Hey!')).success();
  assert.equal(await posts.count(), 3);
  assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
});

test('a connection made long ago is gone after 410, and its run is cancelled', async (t) => {
  const { client, connectionId } = await madeIn(t, -60);
  const posts = await refuse(t, connectionId, { status: 410, times: ALWAYS });
  const run = await client.prompt('sim:slow');
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  // The first answers may come before a control poll has read how old the connection is: one each 500 ms, for 2 s.
  assert.ok((await posts.count()) <= 5, `${await posts.count()} posts`);
});

for (const status of /** @type {const} */ ([403, 413])) {
  test(`a post that is refused with ${status} does not detach the subscriber, and its events come with resume`, async (t) => {
    const client = await reconnecting(t);
    const { connectionId } = await client.request({ action: 'hello' });
    const posts = await refuse(t, connectionId, { status, after: 2, times: 1 });
    const run = await (await client.prompt('sim:steady')).success();
    assert.equal(await posts.count(), 1);
    assert.equal(run.text.split(' ').length, 60);
    assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
  });
}

test('a connection whose posts are all refused is detached, and its run is cancelled', async (t) => {
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const posts = await refuse(t, connectionId, { status: 403, times: ALWAYS });
  // It takes 40 s, and the pauses between ten refused posts at most 22 s.
  const run = await client.prompt('sim:slow');
  const row = await endedRow(run.threadId, run.id, 60_000);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  assert.equal(await posts.count(), 10);
});
