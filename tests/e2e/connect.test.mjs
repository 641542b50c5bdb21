// Opening a connection: subprotocols, query, the connection's row.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connectionRow } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { Socket } from '../harness/socket.mjs';

describe('connect', { concurrency: 4 }, () => {
  test('without an offered subprotocol none is selected', async (t) => {
    const client = await connect(t, { protocols: [] });
    assert.equal(client.socket.socket.protocol, '');
  });

  for (const protocols of [['longwire.v1'], ['longwire.v2', 'longwire.v1'], ['longwire.v1', 'longwire.bearer.abc']]) {
    test(`longwire.v1 is selected from ${protocols.join(', ')}`, async (t) => {
      const client = await connect(t, { protocols });
      assert.equal(client.socket.socket.protocol, 'longwire.v1');
    });
  }

  for (const protocols of [['longwire.v2'], ['longwire.bearer.abc'], ['LONGWIRE.V1']]) {
    test(`the offer ${protocols.join(', ')} is refused with 400`, async () => {
      await assert.rejects(Socket.open({ protocols }), { status: 400 });
    });
  }

  for (const [name, value] of [
    ['format', 'xml'],
    ['thread', 'a/b'],
    ['thread', 'x'.repeat(129)],
    ['thread', 'ä'],
  ]) {
    test(`?${name}=${value.slice(0, 9)} is refused with 400`, async () => {
      await assert.rejects(Socket.open({ query: { [name]: value } }), { status: 400 });
    });
  }

  test('a thread id of 128 characters is accepted', async (t) => {
    const thread = `${newId('t')}_`.padEnd(128, 'x');
    const client = await connect(t, { query: { thread } });
    assert.equal((await client.request({ action: 'hello' })).threadId, thread);
  });

  test('a connection without a thread id gets one of its own', async (t) => {
    const clients = await Promise.all([connect(t), connect(t)]);
    const [one, two] = await Promise.all(clients.map((client) => client.request({ action: 'hello' })));
    assert.match(one.threadId, /^[A-Za-z0-9._:-]{1,128}$/);
    assert.notEqual(one.threadId, two.threadId);
  });

  test('the connection’s row exists as long as the connection', async (t) => {
    const client = await connect(t, { query: { format: 'simple' } });
    const id = await connectionId(client);
    const row = await connectionRow(id);
    assert.deepEqual([row?.user, row?.format], ['@none', 'simple']);
    assert.ok(row?.ttl - Date.now() / 1000 > 7000, 'the row outlives the longest connection');
    await client.socket.close();
    await until('the deletion of the row', async () => !(await connectionRow(id)));
  });
});

/**
 * Returns the id of a connection. It asks for `agui`, because the format `simple` has no response to `hello`.
 * @param {import('../harness/client.mjs').Client} client
 */
async function connectionId(client) {
  const ready = await client.request({ action: 'hello', format: 'agui' });
  return ready.connectionId;
}
