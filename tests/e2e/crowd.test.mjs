// Many people at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../harness/client.mjs';

const PEOPLE = ['Ada', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal', 'Ida', 'Jon'];

test('ten clients at once on ten threads: each gets exactly its own answers', async (t) => {
  const clients = await Promise.all(PEOPLE.map(() => connect(t)));
  await Promise.all(clients.map(async (client, at) => {
    const told = await (await client.prompt(`My name is ${PEOPLE[at]}.`)).success(60_000);
    const asked = await (await client.prompt('What is my name?')).success(60_000);
    assert.equal(told.text, `Nice to meet you, ${PEOPLE[at]}!`);
    assert.equal(asked.text, `Your name is ${PEOPLE[at]}.`);
    assert.deepEqual([...client.runs.keys()], [told.id, asked.id], 'nobody else’s run');
    assert.ok(client.controls.every(({ type }) => type === 'ack'), JSON.stringify(client.controls));
  }));
});
