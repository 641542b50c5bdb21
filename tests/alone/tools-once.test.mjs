// Crashes of the worker at a tool whose calls must not be repeated.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { queueEmpty } from '../harness/aws.mjs';
import { reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { calls, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;

/** Checks that the call's result is an error with the reason. @param {import('../harness/run.mjs').Run} run */
async function answered(run) {
  await run.success(RECOVERY_MS);
  const [result, ...others] = run.of('TOOL_CALL_RESULT');
  assert.deepEqual(others, []);
  assert.equal(result.metadata['lw.outcome'], 'error');
  assert.match(result.content, /It may have taken effect, so it is not made again\./);
  assert.equal(run.text, 'Whatever it was.');
  await historyMatches(run);
  await answersNextPrompt(run.client);
  await queueEmpty(RECOVERY_MS);
}

test('a tool in TOOLS_ONCE', async (t) => {
  await reconfigure(t, 'worker', { variables: { TOOLS_ONCE: 'get_weather' } });

  await t.test('is not called again after a crash in the middle of the call', async (t) => {
    const steps = [
      { blocks: [{ tool: 'get_weather', input: { location: 'Slowville' } }] },
      { blocks: [{ text: 'Whatever it was.' }] },
    ];
    await scenario('tests-once-slow', { steps });
    const seen = (await calls('latitude=10&')).length;
    const run = await (await reconnecting(t)).prompt('sim:tests-once-slow', { options: { onGone: 'grace:60' } });
    await until('the tool call', async () => (await calls('latitude=10&')).length > seen);
    await kill(await workerOf(run.id));
    await answered(run);
    assert.equal((await calls('latitude=10&')).length, seen + 1, 'one call');
  });

  await t.test('is not called again after a crash between the call and the commit of its result', async (t) => {
    const steps = [
      { blocks: [{ tool: 'get_weather', input: { location: 'Oslo' } }] },
      { blocks: [{ text: 'Whatever it was.' }] },
    ];
    await scenario('tests-once', { steps });
    const seen = (await calls('latitude=59.9')).length;
    const run = await (await reconnecting(t)).prompt('sim:tests-once', { options: { onGone: 'grace:60' } });
    const held = await inject(t, {
      effect: 'hold',
      operation: 'TransactWriteItems',
      function: 'worker',
      containing: [run.id, 'TOOL_CALL_RESULT'],
    });
    await held.matched();
    await kill(await workerOf(run.id));
    await held.remove();
    await answered(run);
    assert.equal((await calls('latitude=59.9')).length, seen + 1, 'one call');
  });

  await t.test('returns its result when no worker crashes', async (t) => {
    const run = await (await reconnecting(t)).prompt('sim:tool');
    await run.success();
    assert.equal(run.of('TOOL_CALL_RESULT')[0].metadata['lw.outcome'], 'success');
    await historyMatches(run);
  });
});
