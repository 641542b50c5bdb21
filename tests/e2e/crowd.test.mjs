// Many clients at the same time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../harness/client.mjs';

const NAMES = ['Ada', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal', 'Ida', 'Jon'];

test('ten clients on ten threads receive exactly their own answers', async (t) => {
  const clients = await Promise.all(NAMES.map(() => connect(t)));
  await Promise.all(
    clients.map(async (client, at) => {
      const first = await (await client.prompt(`My name is ${NAMES[at]}.`)).success(60_000);
      const second = await (await client.prompt('What is my name?')).success(60_000);
      assert.equal(first.text, `Nice to meet you, ${NAMES[at]}!`);
      assert.equal(second.text, `Your name is ${NAMES[at]}.`);
      assert.deepEqual([...client.runs.keys()], [first.id, second.id], 'no other client’s run');
      assert.ok(
        client.responses.every(({ type }) => type === 'ack'),
        JSON.stringify(client.responses),
      );
    }),
  );
});
