// What a user pays for model calls that fail.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { settledBudget, userItem } from '../harness/aws.mjs';
import { testWithinDay } from '../harness/one-day.mjs';
import { requests } from '../harness/simulator.mjs';
import { user } from '../harness/users.mjs';

/** Group with 10,000 tokens a day. */
const FRUGAL = 'frugal';

/**
 * Plays a scenario that fails, for a new user. Returns what the user has used, and what counts against the limit.
 * @param {import('node:test').TestContext} t
 * @param {string} scenario
 * @param {string} code
 */
async function failed(t, scenario, code) {
  const { sub, client } = await user(t, [FRUGAL]);
  const run = await client.prompt(`sim:${scenario}`);
  const last = await run.end();
  assert.deepEqual([last.type, last.code], ['RUN_ERROR', code]);
  const { days, limits } = await client.request({ action: 'usage' });
  assert.deepEqual([limits.length, limits[0].name], [1, 'tokensPerDay']);
  return { sub, client, run, days, used: limits[0].used };
}

describe('failed model calls', { concurrency: 4 }, () => {
  for (const [scenario, code] of /** @type {[string, string][]} */ ([
    ['exception-throttling', 'model_throttled'],
    ['exception-stream-error', 'model_stream_error'],
    ['cut', 'model_stream_error'],
    ['no-message-stop', 'model_stream_error'],
  ])) {
    testWithinDay(`a reply that breaks off is paid: ${scenario}`, async (t) => {
      const { sub, client, run, days, used } = await failed(t, scenario, code);
      assert.ok(run.text.length > 0, 'a part of the reply was received');
      const [{ runs, inputTokens, outputTokens }, ...others] = days;
      assert.deepEqual([runs, others], [1, []]);
      assert.ok(inputTokens > 0 && outputTokens > 0, `${inputTokens} ${outputTokens}`);
      assert.equal(used, inputTokens + outputTokens);
      const { dayPrompts, dayTokens } = await settledBudget(sub);
      assert.deepEqual([dayPrompts, dayTokens], [1, used]);
      const next = await (await client.prompt('Hey!')).success();
      assert.equal((await settledBudget(sub)).dayTokens, used + next.tokens);
    });
  }

  testWithinDay('the steps before a call that the model refuses are paid, and that call is not', async (t) => {
    const { sub, run, days, used } = await failed(t, 'second-step-throttling', 'model_throttled');
    const [{ metadata }, ...more] = run.of('STEP_FINISHED');
    assert.deepEqual(more, []);
    assert.equal(used, metadata['lw.usage'].totalTokens);
    assert.equal(days[0].inputTokens + days[0].outputTokens, used);
    assert.deepEqual((await settledBudget(sub)).dayTokens, used);
  });

  for (const [scenario, code] of /** @type {[string, string][]} */ ([
    ['fault-throttling', 'model_throttled'],
    ['fault-validation', 'model_invalid_request'],
    ['fault-access-denied', 'model_access_denied'],
  ])) {
    testWithinDay(`a call that the model refuses is not paid: ${scenario}`, async (t) => {
      const { sub, run, days, used } = await failed(t, scenario, code);
      assert.ok((await requests(run.id)).length > 0, 'the model was called');
      assert.deepEqual([days, used], [[], 0]);
      const budget = /** @type {any} */ (await userItem(sub, 'BUDGET'));
      assert.deepEqual([budget.open, budget.dayTokens, budget.monthTokens, budget.monthMicros], [{}, 0, 0, 0]);
    });
  }
});
