// Opening a connection: protocols, query, the row it leaves and takes away.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connectionRow } from '../harness/aws.mjs';
import { connect, fresh } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { Socket } from '../harness/socket.mjs';

describe('connect', { concurrency: 4 }, () => {
  test('nothing offered, nothing agreed', async (t) => {
    const client = await connect(t, { protocols: [] });
    assert.equal(client.socket.socket.protocol, '');
  });

  for (const protocols of [['longwire.v1'], ['longwire.v2', 'longwire.v1'], ['longwire.v1', 'longwire.bearer.abc']]) {
    test(`of ${protocols.join(', ')} longwire.v1 is agreed to`, async (t) => {
      const client = await connect(t, { protocols });
      assert.equal(client.socket.socket.protocol, 'longwire.v1');
    });
  }

  for (const protocols of [['longwire.v2'], ['longwire.bearer.abc'], ['LONGWIRE.V1']]) {
    test(`of ${protocols.join(', ')} none is known: 400`, async () => {
      await assert.rejects(Socket.open({ protocols }), { status: 400 });
    });
  }

  for (const [name, value] of [['format', 'xml'], ['thread', 'a/b'], ['thread', 'x'.repeat(129)], ['thread', 'ä']]) {
    test(`?${name}=${value.slice(0, 9)} is refused: 400`, async () => {
      await assert.rejects(Socket.open({ query: { [name]: value } }), { status: 400 });
    });
  }

  test('the longest thread id is taken', async (t) => {
    const thread = `${fresh('t')}_`.padEnd(128, 'x');
    const client = await connect(t, { query: { thread } });
    assert.equal((await client.ask({ action: 'hello' })).threadId, thread);
  });

  test('a thread id is made when none was given, another for each connection', async (t) => {
    const clients = await Promise.all([connect(t), connect(t)]);
    const [one, two] = await Promise.all(clients.map((client) => client.ask({ action: 'hello' })));
    assert.match(one.threadId, /^[A-Za-z0-9._:-]{1,128}$/);
    assert.notEqual(one.threadId, two.threadId);
  });

  test('a row stands while the connection does', async (t) => {
    const client = await connect(t, { query: { format: 'simple' } });
    const ready = await ask(client);
    const row = await connectionRow(ready);
    assert.deepEqual([row?.user, row?.format], ['anonymous', 'simple']);
    assert.ok(row?.ttl - Date.now() / 1000 > 7000, 'the row outlives the longest connection');
    await client.socket.close();
    await until('the row is gone', async () => !(await connectionRow(ready)));
  });
});

/** The connection's id; in the shape `simple` nothing is answered to `hello`, so it asks for `agui`. */
async function ask(client) {
  const ready = await client.ask({ action: 'hello', format: 'agui' });
  return ready.connectionId;
}
