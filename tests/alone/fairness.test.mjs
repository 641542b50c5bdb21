// Fairness between connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { callsOf } from '../harness/inject.mjs';

/** Returns the message groups of the jobs of a run. @param {string} runId */
async function groupsOf(runId) {
  const calls = await callsOf({ operation: 'SendMessage', containing: runId });
  return calls.map(({ function: by, body }) => [by, JSON.parse(body).MessageGroupId]);
}

test('a job belongs to the message group of the connection that caused it', async (t) => {
  const client = await connect(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const first = await client.prompt('sim:steady');
  const second = await client.prompt('Hey!');
  assert.equal(second.ack.status, 'waiting');
  await second.success();
  assert.deepEqual(await groupsOf(first.id), [['ingest', connectionId]]);
  // The worker sends it when the first run has ended.
  assert.deepEqual(await groupsOf(second.id), [['worker', connectionId]]);
});
