// What a user may spend: reserved before each model call, settled after it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { userItem } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { scenario } from '../harness/simulator.mjs';

/** Groups of the stack: `frugal` has 10,000 tokens a day, `brief` two prompts. A reply reserves some 4,100 tokens. */
const FRUGAL = 'frugal';
const BRIEF = 'brief';

/** Opens a connection of a new user. @param {import('node:test').TestContext} t @param {string[]} groups */
async function user(t, groups) {
  const sub = newId('user');
  const headers = { Authorization: `Bearer ${await token({ sub, groups })}` };
  return { sub, headers, client: await connect(t, { headers }) };
}

/** What the user has spent, once nothing is reserved. @param {string} sub */
function settled(sub) {
  return until('everything is settled', async () => {
    const budget = await userItem(sub, 'BUDGET');
    return budget && Object.keys(budget.open).length === 0 && budget;
  });
}

describe('budgets', { concurrency: 4 }, () => {
  test('a run is booked with its prompt and the tokens of its usage', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await (await client.prompt('How is the weather in New York?')).success();
    const { usage } = /** @type {any} */ (run.events.at(-1));
    const budget = await settled(sub);
    assert.deepEqual(
      [budget.dayPrompts, budget.dayTokens, budget.monthTokens],
      [1, usage[0].totalTokens, usage[0].totalTokens],
    );
  });

  test('of a user without limits of what may be spent only the threads are kept', async (t) => {
    const { sub, client } = await user(t, []);
    const run = await (await client.prompt('Hey!')).success();
    assert.deepEqual(await userItem(sub, 'BUDGET'), { user: sub, item: 'BUDGET', threads: [run.threadId] });
  });

  test('a prompt beyond a limit is refused, and the error says when it renews', async (t) => {
    const { sub, client } = await user(t, [BRIEF]);
    for (let count = 0; count < 2; count += 1) await (await client.prompt('Hey!')).success();
    await settled(sub);
    const refused = await client.request({ action: 'prompt', prompt: 'Hey!' });
    assert.equal(refused.code, 'quota_exceeded');
    assert.match(refused.message, /2 prompts a day.*renews at \d{4}-\d\d-\d\dT00:00:00Z/);
  });

  test('a run whose next call is too expensive stops between steps, and says why', async (t) => {
    // The input of the call takes a part of the limit, and makes the next request longer.
    const input = { location: 'New York', note: 'x'.repeat(12_000) };
    const steps = [{ deltas_per_s: 0, blocks: [{ tool: 'get_weather', input }] }, { blocks: [{ text: 'Sunny.' }] }];
    await scenario('tests-expensive', { steps });
    const { client } = await user(t, [FRUGAL]);
    const run = await client.prompt('sim:tests-expensive');
    const last = await run.end();
    assert.deepEqual([last.outcome, last.metadata['lw.reason']], [{ type: 'cancelled' }, 'budget']);
    const statuses = run.of('CUSTOM').map(({ value }) => value.text);
    assert.match(statuses.at(-1), /10000 tokens a day/);
    assert.equal(run.of('STEP_STARTED').length, 1);
    assert.equal(run.of('STEP_FINISHED').length, 1);
  });

  test('runs at the same time cannot exceed a limit together', async (t) => {
    const { sub, headers } = await user(t, [FRUGAL]);
    const clients = await Promise.all([1, 2, 3].map(() => connect(t, { headers })));
    const runs = await Promise.all(clients.map((client) => client.prompt('sim:steady')));
    const ends = await Promise.all(runs.map((run) => run.end()));
    const reasons = ends.map(({ metadata }) => metadata['lw.reason']).filter(Boolean);
    assert.deepEqual(reasons, ['budget'], 'two replies of three are within the limit');
    assert.equal((await settled(sub)).dayPrompts, 2);
  });

  test('a cancelled run is booked with an estimate', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await client.prompt('sim:steady');
    await run.firstText();
    await client.cancel(run);
    const last = /** @type {any} */ (await run.end());
    assert.equal((await settled(sub)).dayTokens, last.usage[0].totalTokens);
  });
});
