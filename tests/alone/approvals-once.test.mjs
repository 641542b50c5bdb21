// Approved calls and approvals when workers and requests are lost: a call is made at most once, and no answer is lost.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import { APPROVE, decided, interruptsOf, needApproval, sendApproval } from '../harness/approvals.mjs';
import { queueEmpty } from '../harness/aws.mjs';
import { connect, newId, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { callsOf, inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { Run } from '../harness/run.mjs';
import { calls, requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, metaOf } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const RECOVERY_MS = 60_000;

/** Starts a run that ends with a call for the weather at a place. @param {Client} client @param {string} location */
async function asked(client, location) {
  const name = newId('approvals');
  const call = { tool: 'get_weather', input: { location } };
  await scenario(name, { steps: [{ blocks: [call] }, { blocks: [{ text: 'Whatever it was.' }] }] });
  const run = await client.prompt(`sim:${name}`, { options: { onGone: 'grace:60' } });
  const [interrupt] = await interruptsOf(run);
  return { run, interrupt, threadId: run.threadId };
}

/** Checks that the result of the approved call is an error with the reason. @param {Run} run @param {Run} next */
async function endsWithError(run, next) {
  await next.success(RECOVERY_MS);
  const [result, ...others] = next.of('TOOL_CALL_RESULT');
  assert.deepEqual([result.metadata['lw.outcome'], others], ['error', []]);
  assert.match(result.content, /may have taken effect/);
  assert.equal(next.text, 'Whatever it was.');
  assert.deepEqual((await validate([run.events, next.events])).violations, []);
  await answersNextPrompt(next.client);
  await queueEmpty(RECOVERY_MS);
}

describe('approved calls', () => {
  needApproval({ get_weather: 'always', current_time: { group: 'ops' } });

  test('are not made before the approval', async (t) => {
    const client = await connect(t);
    const seen = (await calls('latitude=59.9')).length;
    const { interrupt, threadId } = await asked(client, 'Oslo');
    assert.equal((await calls('latitude=59.9')).length, seen);
    await (await decided(client, threadId, interrupt.id, APPROVE)).success();
    assert.equal((await calls('latitude=59.9')).length, seen + 1);
  });

  test('are not made again after a crash in the middle of the call', async (t) => {
    const client = await reconnecting(t);
    const seen = (await calls('latitude=10&')).length;
    const { run, interrupt, threadId } = await asked(client, 'Slowville');
    const next = await decided(client, threadId, interrupt.id, APPROVE);
    await until('the tool call', async () => (await calls('latitude=10&')).length > seen);
    await kill(await workerOf(next.id));
    await endsWithError(run, next);
    assert.equal((await calls('latitude=10&')).length, seen + 1, 'one call');
  });

  test('are not made again after a crash between the call and the commit of its result', async (t) => {
    const client = await reconnecting(t);
    const seen = (await calls('latitude=59.9')).length;
    const { run, interrupt, threadId } = await asked(client, 'Oslo');
    const held = await inject(t, {
      effect: 'hold',
      operation: 'TransactWriteItems',
      function: 'worker',
      containing: [threadId, 'TOOL_CALL_RESULT'],
    });
    const next = await decided(client, threadId, interrupt.id, APPROVE);
    await held.matched();
    await kill(await workerOf(next.id));
    await held.remove();
    await endsWithError(run, next);
    assert.equal((await calls('latitude=59.9')).length, seen + 1, 'one call');
  });

  test('are made once when the worker crashes after their results are stored', async (t) => {
    const client = await reconnecting(t);
    const seen = (await calls('latitude=59.9')).length;
    const { interrupt, threadId } = await asked(client, 'Oslo');
    const held = await inject(t, {
      effect: 'hold',
      operation: 'TransactWriteItems',
      function: 'worker',
      containing: [threadId, 'RUN_FINISHED'],
    });
    const next = await decided(client, threadId, interrupt.id, APPROVE);
    await held.matched();
    await kill(await workerOf(next.id));
    await held.remove();
    await next.success(RECOVERY_MS);
    assert.deepEqual(
      next.of('TOOL_CALL_RESULT').map(({ metadata }) => metadata['lw.outcome']),
      ['success'],
    );
    assert.equal((await calls('latitude=59.9')).length, seen + 1, 'one call');
    await answersNextPrompt(client);
  });

  test('a worker that dies after the end leaves the interrupt to the client all the same', async (t) => {
    const client = await reconnecting(t);
    const run = await client.prompt('sim:tool', { options: { onGone: 'grace:60' } });
    const containing = [run.threadId, '#pending = :pending'];
    const advance = await inject(t, { effect: 'hold', operation: 'UpdateItem', function: 'worker', containing });
    await advance.matched();
    await kill(await workerOf(run.id));
    await advance.remove();
    const [interrupt] = await interruptsOf(run);
    await until('the thread waits', async () => (await metaOf(run.threadId)).pending?.run === run.id, RECOVERY_MS);
    const next = await decided(client, run.threadId, interrupt.id, APPROVE);
    await next.success(RECOVERY_MS);
    assert.equal((await requests(run.id)).length, 1);
  });

  test('a function that dies before or after it writes the answer loses none', async (t) => {
    for (const effect of /** @type {const} */ (['hold', 'lose'])) {
      const client = await reconnecting(t);
      const { run, interrupt, threadId } = await asked(client, 'Rome');
      const containing = [threadId, 'ANS#'];
      const write = await inject(t, { effect, operation: 'PutItem', function: 'ingest', containing, times: 1 });
      const request = { action: 'approval', id: newId('q'), threadId, interruptId: interrupt.id, ...APPROVE };
      client.socket.send(JSON.stringify(request));
      await write.matched();
      const made = await callsOf({ function: 'ingest', operation: 'PutItem', containing: threadId });
      await kill(/** @type {number} */ (made.at(-1)?.pid));
      await write.remove();
      const ack = await until('an ack', async () => {
        const response = await sendApproval(client, threadId, interrupt.id, APPROVE);
        return response.type === 'ack' && response;
      });
      const next = new Run(client, ack);
      await next.success(RECOVERY_MS);
      assert.equal(next.events[0].metadata['lw.after'], run.id);
      assert.deepEqual([...client.runs.keys()], [run.id, next.id]);
      assert.equal(next.of('TOOL_CALL_RESULT').length, 1);
      await answersNextPrompt(client);
    }
  });

  test('nobody has a group where users are not told apart', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:approval');
    const [interrupt] = await interruptsOf(run);
    const refused = await sendApproval(client, run.threadId, interrupt.id, APPROVE);
    assert.deepEqual([refused.type, refused.code], ['error', 'forbidden'], JSON.stringify(refused));
    assert.equal((await client.cancel(run)).status, 'cancelled');
    await answersNextPrompt(client);
  });
});
