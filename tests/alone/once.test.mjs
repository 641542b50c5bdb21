// A tool whose calls must not be made twice, and a worker that dies at it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { queueEmpty } from '../harness/aws.mjs';
import { loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { functionIs } from '../harness/functions.mjs';
import { kill } from '../harness/processes.mjs';
import { calls, scenario } from '../harness/simulator.mjs';
import { serving, spoil } from '../harness/spoil.mjs';
import { goesOn, told } from '../harness/thread.mjs';

const RECOVERY_MS = 60_000;

/** The call was answered with an error that says why. @param {import('../harness/run.mjs').Run} run */
async function answered(run) {
  await run.success(RECOVERY_MS);
  const [result, ...others] = run.of('TOOL_CALL_RESULT');
  assert.deepEqual(others, []);
  assert.equal(result.metadata['lw.outcome'], 'error');
  assert.match(result.content, /It may have taken effect, so it is not made again\./);
  assert.equal(run.text, 'Whatever it was.');
  await told(run);
  await goesOn(run.client);
  await queueEmpty(RECOVERY_MS);
}

test('a tool that is called once only', async (t) => {
  await functionIs(t, 'worker', { variables: { TOOLS_ONCE: 'get_weather' } });

  await t.test('dead in the middle of it', async (t) => {
    const steps = [{ blocks: [{ tool: 'get_weather', input: { location: 'Slowville' } }] }, { blocks: [{ text: 'Whatever it was.' }] }];
    await scenario('tests-once-slow', { steps });
    const seen = (await calls('latitude=10&')).length;
    const run = await (await loyal(t)).prompt('sim:tests-once-slow', { options: { onGone: 'grace:60' } });
    await until('the tool runs', async () => (await calls('latitude=10&')).length > seen);
    await kill(await serving(run.id));
    await answered(run);
    assert.equal((await calls('latitude=10&')).length, seen + 1, 'it was called once');
  });

  await t.test('dead between its effect and the storing of its result', async (t) => {
    const steps = [{ blocks: [{ tool: 'get_weather', input: { location: 'Oslo' } }] }, { blocks: [{ text: 'Whatever it was.' }] }];
    await scenario('tests-once', { steps });
    const seen = (await calls('latitude=59.9')).length;
    const run = await (await loyal(t)).prompt('sim:tests-once', { options: { onGone: 'grace:60' } });
    const held = await spoil(t, { effect: 'hold', operation: 'TransactWriteItems', function: 'worker', holding: [run.id, 'TOOL_CALL_RESULT'] });
    await held.met();
    await kill(await serving(run.id));
    await held.withdraw();
    await answered(run);
    assert.equal((await calls('latitude=59.9')).length, seen + 1, 'it was called once');
  });

  await t.test('undisturbed it works as ever', async (t) => {
    const run = await (await loyal(t)).prompt('sim:tool');
    await run.success();
    assert.equal(run.of('TOOL_CALL_RESULT')[0].metadata['lw.outcome'], 'success');
    await told(run);
  });
});
