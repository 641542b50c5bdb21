// Results of a client's tools when requests, responses and processes are lost, and waits that expire.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runRow } from '../harness/aws.mjs';
import { connect, newId, reconnecting } from '../harness/client.mjs';
import { pendingCalls, SONG, sendResult, TOOLS } from '../harness/client-tools.mjs';
import { until } from '../harness/deadline.mjs';
import { callsOf, inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { Run } from '../harness/run.mjs';
import { scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, metaOf, runQueueOf } from '../harness/thread.mjs';
import { expireWait, sweepWait } from '../harness/waits.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const LONG_MS = 60_000;

/** Starts a run that ends with one call of the client's tool. @param {Client} client */
async function asked(client) {
  const run = await client.prompt('sim:client-tool', { tools: TOOLS });
  const [call] = await pendingCalls(run);
  return { run, call, threadId: run.threadId };
}

/**
 * Sends a result until it is acknowledged, as a client does that gets no response.
 * @param {Client} client
 * @param {string} threadId
 * @param {string} callId
 */
function repeated(client, threadId, callId) {
  return until('an ack', async () => {
    const response = await sendResult(client, threadId, callId, SONG);
    return response.type === 'ack' && response;
  });
}

/** Writes of the last result: what they contain beside the thread. */
const WRITES = /** @type {const} */ ([
  ['the result', 'PutItem', 'ANS#'],
  ['the row of the run that follows', 'PutItem', '"status"'],
  ['the end of the wait', 'UpdateItem', 'list_append(:runs'],
  ['the job', 'SendMessage', ''],
]);

for (const [what, operation, text] of WRITES) {
  test(`a function that dies before or after it writes ${what} loses no result`, async (t) => {
    for (const effect of /** @type {const} */ (['hold', 'lose'])) {
      const client = await reconnecting(t);
      const { run, call, threadId } = await asked(client);
      const write = await inject(t, { effect, operation, function: 'ingest', containing: [threadId, text], times: 1 });
      client.socket.send(
        JSON.stringify({ action: 'tool_result', id: newId('q'), threadId, toolCallId: call.id, content: SONG }),
      );
      await write.matched();
      const calls = await callsOf({ function: 'ingest', operation, containing: threadId });
      await kill(/** @type {number} */ (calls.at(-1)?.pid));
      await write.remove();

      const ack = await repeated(client, threadId, call.id);
      const next = new Run(client, ack);
      await next.success(LONG_MS);
      assert.equal(next.events[0].metadata['lw.after'], run.id);
      assert.deepEqual([...client.runs.keys()], [run.id, next.id]);
      await answersNextPrompt(client);
    }
  });
}

test('a worker that dies after the end leaves the calls to the client all the same', async (t) => {
  const client = await reconnecting(t);
  const run = await client.prompt('sim:client-tool', { tools: TOOLS });
  const advance = await inject(t, {
    effect: 'hold',
    operation: 'UpdateItem',
    function: 'worker',
    containing: [run.threadId, '#pending = :pending'],
  });
  await advance.matched();
  assert.equal((await runRow(run.threadId, run.id))?.status, 'finished');
  await kill(await workerOf(run.id));
  await advance.remove();
  const [call] = await pendingCalls(run);
  await until('the thread waits', async () => (await metaOf(run.threadId)).pending?.run === run.id, LONG_MS);
  await new Run(client, await repeated(client, run.threadId, call.id)).success(LONG_MS);
});

test('a cancellation that comes before the end leaves no call to the client', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:client-tool', { tools: TOOLS });
  const end = await inject(t, {
    effect: 'hold',
    operation: 'TransactWriteItems',
    function: 'worker',
    containing: [run.id, ':pending'],
  });
  await end.matched();
  assert.equal((await client.cancel(run)).status, 'cancelling');
  await end.remove();
  const last = /** @type {any} */ (await run.end());
  assert.deepEqual([last.outcome, last.metadata['lw.reason']], [{ type: 'cancelled' }, 'user']);
  assert.deepEqual(
    run.of('TOOL_CALL_RESULT').map(({ metadata }) => metadata['lw.outcome']),
    ['cancelled'],
  );
  const { pending, messages } = await client.history({ threadId: run.threadId });
  assert.deepEqual(pending.toolCallIds, []);
  assert.equal(messages.at(-1)?.role, 'tool');
  await answersNextPrompt(client);
});

test('a wait that expires lets the runs behind it begin', async (t) => {
  const client = await connect(t);
  const name = newId('slow');
  await scenario(name, {
    steps: [{ blocks: [{ text: 'One moment. '.repeat(8) }, { tool: 'top_song', input: {} }], deltas_per_s: 8 }],
  });
  const run = await client.prompt(`sim:${name}`, { tools: TOOLS });
  const queued = await client.prompt('Hey!');
  const [call] = await pendingCalls(run);
  assert.deepEqual(await runQueueOf(run.threadId), [queued.id]);
  await expireWait(run.threadId);
  await sweepWait(run.threadId);
  await queued.success(LONG_MS);
  const [result] = queued.events[0].input.messages;
  assert.deepEqual([result.toolCallId, result.metadata['lw.outcome']], [call.id, 'error']);
  assert.equal((await sendResult(client, run.threadId, call.id, SONG)).code, 'not_pending');
});

test('a result that comes between the expiry and the sweep is refused, and a prompt is not', async (t) => {
  const client = await connect(t);
  const { call, threadId } = await asked(client);
  await expireWait(threadId);
  assert.equal((await sendResult(client, threadId, call.id, SONG)).code, 'not_pending');
  assert.deepEqual((await client.history({ threadId })).pending.toolCallIds, []);
  await answersNextPrompt(client);
  assert.equal((await metaOf(threadId)).open, undefined);
});
