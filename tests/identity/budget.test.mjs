// What a user may spend: reserved before each model call, settled after it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { settledBudget, userItem } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { scenario } from '../harness/simulator.mjs';

/**
 * Groups of the stack: `frugal` has 10,000 tokens a day, `brief` two prompts, `thrifty` 60,000 millionths of a dollar a month,
 * `busy` two threads. A reply reserves some 4,100 tokens, which cost 41,000 millionths.
 */
const FRUGAL = 'frugal';
const BRIEF = 'brief';
const THRIFTY = 'thrifty';
const BUSY = 'busy';

/** Opens a connection of a new user. @param {import('node:test').TestContext} t @param {string[]} groups */
async function user(t, groups) {
  const sub = newId('user');
  const headers = { Authorization: `Bearer ${await token({ sub, groups })}` };
  return { sub, headers, client: await connect(t, { headers }) };
}

/** Tokens of a run, as its last event says. @param {import('../harness/run.mjs').Run} run @returns {number} */
function tokensOf(run) {
  return /** @type {any} */ (run.events.at(-1)).usage[0].totalTokens;
}

describe('budgets', { concurrency: 4 }, () => {
  test('a run is booked with its prompt and the tokens of its usage', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await (await client.prompt('How is the weather in New York?')).success();
    const tokens = tokensOf(run);
    const budget = await settledBudget(sub);
    assert.deepEqual([budget.dayPrompts, budget.dayTokens, budget.monthTokens], [1, tokens, tokens]);
  });

  test('of a user without limits of what may be spent only the threads are kept', async (t) => {
    const { sub, client } = await user(t, []);
    const run = await (await client.prompt('Hey!')).success();
    assert.deepEqual(await userItem(sub, 'BUDGET'), { user: sub, item: 'BUDGET', threads: [run.threadId] });
  });

  test('a prompt beyond a limit is refused, and the error says when it renews', async (t) => {
    const { sub, client } = await user(t, [BRIEF]);
    for (let count = 0; count < 2; count += 1) await (await client.prompt('Hey!')).success();
    await settledBudget(sub);
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
    assert.equal((await settledBudget(sub)).dayPrompts, 2);
  });

  test('the start of a run that exists is a duplicate, even beyond a limit', async (t) => {
    const { client } = await user(t, [BRIEF]);
    const runs = [await client.answer('Hey!'), await client.answer('Hey!')];
    const again = await client.request({ action: 'prompt', prompt: 'Hey!', runId: runs[0].id });
    assert.deepEqual([again.type, again.duplicate], ['ack', true]);
  });

  test('a limit of money holds for runs at the same time', async (t) => {
    const { sub, headers } = await user(t, [THRIFTY]);
    const clients = await Promise.all([1, 2].map(() => connect(t, { headers })));
    const runs = await Promise.all(clients.map((client) => client.prompt('sim:steady')));
    const ends = await Promise.all(runs.map((run) => run.end()));
    assert.deepEqual(ends.map(({ metadata }) => metadata['lw.reason']).filter(Boolean), ['budget']);
    const { monthMicros } = await settledBudget(sub);
    assert.ok(monthMicros > 0 && monthMicros < 41_000, monthMicros);
  });

  test('a user has runs on so many threads, over all connections', async (t) => {
    const { headers, client } = await user(t, [BUSY]);
    const other = await connect(t, { headers });
    const { limits, features } = await client.request({ action: 'hello' });
    assert.deepEqual(limits.user, { threads: 2, tokensPerMonth: 1_000_000 });
    assert.ok(features.includes('usage'));
    const first = await client.prompt('sim:long', { threadId: 't_1' });
    await other.prompt('sim:long', { threadId: 't_2' });
    const refused = await other.request({ action: 'prompt', threadId: 't_3', prompt: 'Hey!' });
    assert.deepEqual([refused.code, refused.retryable], ['rate_limited', true]);
    assert.match(refused.message, /^This user has unfinished runs on 2 other threads/);
    assert.equal((await other.request({ action: 'prompt', threadId: 't_1', prompt: 'Hey!' })).status, 'waiting');
    await other.request({ action: 'cancel', threadId: 't_1' });
    await client.cancel(first);
    await first.end();
    await until('there is room', async () => {
      const { type } = await other.request({ action: 'prompt', threadId: 't_3', prompt: 'Hey!' });
      return type === 'ack';
    });
  });

  test('`usage` adds up the runs of a day, and says what counts against the limits', async (t) => {
    const { sub, client } = await user(t, [BUSY]);
    const runs = [await client.answer('Hey!'), await client.answer('How is the weather in New York?')];
    const tokens = runs.reduce((sum, run) => sum + tokensOf(run), 0);
    const { day, monthTokens, monthMicros } = await settledBudget(sub);
    const { days, limits } = await until('both runs are recorded', async () => {
      const usage = await client.request({ action: 'usage' });
      return usage.days[0]?.runs === 2 && usage;
    });
    const [{ date, inputTokens, outputTokens, costMicros }] = days;
    assert.deepEqual([days.length, date], [1, String(day).replace(/(....)(..)(..)/, '$1-$2-$3')]);
    assert.deepEqual([inputTokens + outputTokens, monthTokens], [tokens, tokens]);
    assert.ok(Math.abs(costMicros - monthMicros) <= 4, 'each cost is rounded up');
    const [{ renewsAt, ...limit }, ...others] = limits;
    assert.deepEqual([limit, others], [{ name: 'tokensPerMonth', used: tokens, limit: 1_000_000 }, []]);
    assert.match(renewsAt, /-01T00:00:00Z$/);
    const wrong = await client.request({ action: 'usage', days: 32 });
    assert.deepEqual([wrong.code, wrong.message], ['invalid_message', '`days` must be 1 to 31.']);
  });

  test('a cancelled run is booked with an estimate', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await client.prompt('sim:steady');
    await run.firstText();
    await client.cancel(run);
    const last = /** @type {any} */ (await run.end());
    assert.equal((await settledBudget(sub)).dayTokens, last.usage[0].totalTokens);
  });
});
