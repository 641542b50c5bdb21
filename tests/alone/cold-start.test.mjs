// Connections that a function opens before its first event. This file runs before others have filled the proxy's record.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { callsOf } from '../harness/inject.mjs';
import { emptyRequests, requests } from '../harness/simulator.mjs';

/**
 * Waits for the calls of the function's processes, those of each in order, until a process has handled an event.
 * @param {string} name
 * @param {number} warmUps number of calls before the first event
 */
function processesOf(name, warmUps) {
  return until(`an event of ${name}`, async () => {
    const calls = await callsOf({ function: name });
    const processes = [...new Set(calls.map(({ pid }) => pid))].map((pid) => calls.filter((call) => call.pid === pid));
    const used = processes.filter((calls) => calls.length > warmUps);
    return used.length > 0 && used;
  });
}

/** @type {[string, string[]][]} function, operations of its warm-up */
const WARM_UPS = [
  ['connect', ['PutItem']],
  ['ingest', ['GetItem', 'GetQueueAttributes']],
  ['worker', ['GetItem', 'GetQueueAttributes', 'PostToConnection']],
  ['disconnect', ['DeleteItem']],
];

test('each function has its connections open before its first event', async (t) => {
  const client = await connect(t, { query: { thread: newId('t') } });
  const run = await (await client.prompt('Hey!')).success();
  await client.socket.close();
  for (const [name, operations] of WARM_UPS) {
    for (const calls of await processesOf(name, operations.length)) {
      const first = calls.slice(0, operations.length);
      assert.deepEqual(first.map(({ operation }) => operation).sort(), operations, name);
      for (const { path, body, operation } of first.filter(({ operation }) => operation !== 'GetQueueAttributes')) {
        const named = operation === 'PostToConnection' ? path.endsWith('/@connections/-') : /["/]-"/.test(body);
        assert.ok(named, `${operation} names a key that does not exist: ${body}`);
      }
      const opened = first.map(({ port }) => port);
      const later = calls.slice(operations.length);
      assert.ok(
        later.some(({ port }) => opened.includes(port)),
        `${name} uses a connection of its warm-up`,
      );
    }
  }
  const [refused] = await emptyRequests();
  const [asked] = await requests(run.id);
  assert.ok(refused.error && refused.at <= asked.at, 'the model refused a request before that of the run');
});
