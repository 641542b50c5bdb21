// What a user may spend: reserved before each model call, settled after it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { settledBudget, userItem } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { testWithinDay } from '../harness/one-day.mjs';
import { endlessReply, scenario } from '../harness/simulator.mjs';
import { user } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/**
 * Groups of the stack: `frugal` has 10,000 tokens a day, `brief` two prompts, `thrifty` 60,000 millionths of a dollar a month,
 * `busy` two threads. A reply reserves some 4,100 tokens, which cost 41,000 millionths.
 */
const FRUGAL = 'frugal';
const BRIEF = 'brief';
const THRIFTY = 'thrifty';
const BUSY = 'busy';

/** Deadline for a run that cannot reserve its first call. */
const REFUSED_MS = 30_000;

/**
 * Starts endless replies at the same time, and cancels those that are being made once the others were refused. Returns the
 * reasons with which the runs ended.
 * @param {Client[]} clients
 * @param {number} allowed number of replies that are made
 */
async function atTheSameTime(clients, allowed) {
  const prompt = await endlessReply();
  const runs = await Promise.all(clients.map((client) => client.prompt(prompt)));
  const over = () => runs.filter((run) => run.received.ended).length;
  await until('the others are refused', () => over() >= runs.length - allowed, REFUSED_MS);
  for (const run of runs.filter((run) => !run.received.ended)) {
    await run.firstText();
    await run.client.cancel(run);
  }
  const ends = await Promise.all(runs.map((run) => run.end()));
  return ends.map(({ metadata }) => metadata['lw.reason']).sort();
}

describe('budgets', { concurrency: 4 }, () => {
  testWithinDay('a run is booked with its prompt and the tokens of its usage', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await (await client.prompt('How is the weather in New York?')).success();
    const budget = await settledBudget(sub);
    assert.deepEqual([budget.dayPrompts, budget.dayTokens, budget.monthTokens], [1, run.tokens, run.tokens]);
  });

  test('of a user without limits of what may be spent only the threads are kept', async (t) => {
    const { sub, client } = await user(t, []);
    const run = await (await client.prompt('Hey!')).success();
    const { threads, ...others } = /** @type {any} */ (await userItem(sub, 'BUDGET'));
    assert.deepEqual(others, { user: sub, item: 'BUDGET' });
    assert.match(threads.join(), new RegExp(`^${run.threadId}@\\d{13}$`));
  });

  testWithinDay('a prompt beyond a limit is refused, and the error says when it renews', async (t) => {
    const { sub, client } = await user(t, [BRIEF]);
    for (let count = 0; count < 2; count += 1) await (await client.prompt('Hey!')).success();
    await settledBudget(sub);
    const refused = await client.request({ action: 'prompt', prompt: 'Hey!' });
    assert.equal(refused.code, 'quota_exceeded');
    assert.match(refused.message, /2 prompts a day.*renews at \d{4}-\d\d-\d\dT00:00:00Z/);
  });

  testWithinDay('a run whose next call is too expensive stops between steps, and says why', async (t) => {
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

  testWithinDay('runs at the same time cannot exceed a limit together', async (t) => {
    const { sub, headers } = await user(t, [FRUGAL]);
    const clients = await Promise.all([1, 2, 3].map(() => connect(t, { headers })));
    assert.deepEqual(await atTheSameTime(clients, 2), ['budget', 'user', 'user']);
    assert.equal((await settledBudget(sub)).dayPrompts, 2);
  });

  testWithinDay('the start of a run that exists is a duplicate, even beyond a limit', async (t) => {
    const { client } = await user(t, [BRIEF]);
    const runs = [await client.answer('Hey!'), await client.answer('Hey!')];
    const again = await client.request({ action: 'prompt', prompt: 'Hey!', runId: runs[0].id });
    assert.deepEqual([again.type, again.duplicate], ['ack', true]);
  });

  testWithinDay('a limit of money holds for runs at the same time', async (t) => {
    const { sub, headers } = await user(t, [THRIFTY]);
    const clients = await Promise.all([1, 2].map(() => connect(t, { headers })));
    assert.deepEqual(await atTheSameTime(clients, 1), ['budget', 'user']);
    const { monthMicros } = await settledBudget(sub);
    assert.ok(monthMicros > 0 && monthMicros < 41_000, monthMicros);
  });

  test('a user has runs on so many threads, over all connections', async (t) => {
    const { headers, client } = await user(t, [BUSY]);
    const other = await connect(t, { headers });
    const { limits, features } = await client.request({ action: 'hello' });
    assert.deepEqual(limits.user, { threads: 2, tokensPerMonth: 1_000_000 });
    assert.ok(features.includes('usage'));
    const prompt = await endlessReply();
    const first = await client.prompt(prompt, { threadId: 't_1' });
    const second = await other.prompt(prompt, { threadId: 't_2' });
    const refused = await other.request({ action: 'prompt', threadId: 't_3', prompt: 'Hey!' });
    assert.deepEqual([refused.code, refused.retryable], ['rate_limited', true]);
    assert.match(refused.message, /^This user has unfinished runs on 2 other threads/);
    const waiting = await other.prompt('Hey!', { threadId: 't_1' });
    assert.equal(waiting.ack.status, 'waiting');
    await client.cancel(first);
    await waiting.success();
    await (await other.prompt('Hey!', { threadId: 't_3' })).success();
    await other.cancel(second);
    await second.end();
  });

  testWithinDay('a cancelled run is booked with an estimate', async (t) => {
    const { sub, client } = await user(t, [FRUGAL]);
    const run = await client.prompt(await endlessReply());
    await run.firstText();
    await client.cancel(run);
    const last = await run.end();
    assert.equal(last.metadata['lw.estimated'], true);
    assert.equal((await settledBudget(sub)).dayTokens, run.tokens);
  });

  testWithinDay(
    'a prompt whose call does not fit ends with the limit, and its thread goes on with a larger one',
    async (t) => {
      const { sub, client } = await user(t, [FRUGAL]);
      const threadId = 't_1';
      // A call with this prompt fits, but not one with it twice.
      const long = 'x'.repeat(12_000);
      const first = await (await client.prompt(long, { threadId })).success();
      const run = await client.prompt(long, { threadId });
      const last = await run.end();
      assert.deepEqual([last.type, last.outcome], ['RUN_FINISHED', { type: 'cancelled' }]);
      assert.deepEqual([last.metadata['lw.reason'], last.usage], ['budget', undefined]);
      const [status, ...more] = run.of('CUSTOM').map(({ name, value }) => [name, value.text]);
      assert.deepEqual([status[0], more], ['lw.status', []]);
      assert.match(
        status[1],
        /^The limit of 10000 tokens a day is reached\. It renews at \d{4}-\d\d-\d\dT00:00:00Z\.$/,
      );
      assert.deepEqual(run.of('STEP_STARTED'), []);
      const { dayPrompts, dayTokens } = await settledBudget(sub);
      assert.deepEqual([dayPrompts, dayTokens], [1, first.tokens]);
      const larger = await client.request({ action: 'auth', token: await token({ sub, groups: [BUSY] }) });
      assert.equal(larger.type, 'ack', JSON.stringify(larger));
      const next = await (await client.prompt('Hey!', { threadId })).success();
      const { messages } = await client.history({ threadId });
      assert.deepEqual([messages.at(-2).content, messages.at(-1).content], ['Hey!', next.text]);
    },
  );
});
