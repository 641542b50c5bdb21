// A queue that says things twice, as SQS may at any time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, queueEmpty, redeliver } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { requests } from '../harness/simulator.mjs';

test('a message that arrives again, during the run and after it, changes nothing', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:steady');
  await run.words();
  await redeliver(run.threadId, run.id);
  await run.success();
  await redeliver(run.threadId, run.id);
  // The first one waits for the end of the worker's lease.
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
  assert.equal((await requests(run.id)).length, 1);
  assert.deepEqual([run.delivery.epoch, run.delivery.wanted], [1, undefined]);
  assert.equal((await client.history()).messages.length, 2);
  await (await client.prompt('Hey!')).success();
});
