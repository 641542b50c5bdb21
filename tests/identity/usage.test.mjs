// What a user has used: the action `usage`, and the report of a month for all users.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { settledBudget } from '../harness/aws.mjs';
import { testWithinDay } from '../harness/one-day.mjs';
import { usageLines, usageReport } from '../harness/usage-report.mjs';
import { user } from '../harness/users.mjs';

/** Group with 1,000,000 tokens a month. */
const BUSY = 'busy';

describe('usage', { concurrency: 4 }, () => {
  testWithinDay('`usage` adds up the runs of a day, and says what counts against the limits', async (t) => {
    const { sub, client } = await user(t, [BUSY]);
    const runs = [await client.answer('Hey!'), await client.answer('How is the weather in New York?')];
    const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
    const { day, monthTokens, monthMicros } = await settledBudget(sub);
    const { days, limits } = await client.request({ action: 'usage' });
    const [{ date, inputTokens, outputTokens, costMicros, ...of }, ...otherDays] = days;
    assert.deepEqual([date, of.runs, otherDays], [String(day).replace(/(....)(..)(..)/, '$1-$2-$3'), 2, []]);
    assert.deepEqual([inputTokens + outputTokens, monthTokens], [tokens, tokens]);
    assert.ok(Math.abs(costMicros - monthMicros) <= 4, 'each cost is rounded up');
    const [{ renewsAt, ...limit }, ...others] = limits;
    assert.deepEqual([limit, others], [{ name: 'tokensPerMonth', used: tokens, limit: 1_000_000 }, []]);
    assert.match(renewsAt, /-01T00:00:00Z$/);
  });

  test('`usage` reads at most 31 days', async (t) => {
    const { client } = await user(t);
    const wrong = await client.request({ action: 'usage', days: 32 });
    assert.deepEqual([wrong.code, wrong.message], ['invalid_message', '`days` must be 1 to 31.']);
  });

  testWithinDay('the report of a month has what `usage` says', async (t) => {
    const one = await user(t);
    const other = await user(t, [BUSY]);
    for (const { client } of [one, other]) {
      await (await client.prompt('Hey!')).success();
      await (await client.prompt('How is the weather in New York?')).success();
    }
    const [month] = new Date().toISOString().match(/^\d+-\d+/) ?? assert.fail();
    const all = await usageLines(month);
    for (const { sub, client } of [one, other]) {
      /** @type {any[]} */
      const days = (await client.request({ action: 'usage' })).days;
      const told = days.map(({ date: day, ...sums }) => ({ user: sub, day, ...sums, unpricedRuns: 0 }));
      assert.deepEqual([told.length, told[0].runs], [1, 2]);
      const own = all.filter((line) => line.user === sub);
      assert.deepEqual(
        own.map(({ cachedInputTokens, cacheWriteInputTokens, ...sums }) => sums),
        told,
      );
    }
    const own = await usageLines(month, ['--user', one.sub]);
    assert.deepEqual(
      own,
      all.filter((line) => line.user === one.sub),
    );
    const [header, row, total] = (await usageReport(month, ['--user', one.sub]))
      .split('\n')
      .map((line) => line.split(/ +/));
    const [{ user: sub, model, runs, costMicros, ...tokens }] = own;
    const { inputTokens, cachedInputTokens, cacheWriteInputTokens, outputTokens } = tokens;
    const cells = [runs, inputTokens, cachedInputTokens, cacheWriteInputTokens, outputTokens].map(String);
    const dollars = (costMicros / 1_000_000).toFixed(4);
    assert.deepEqual(header, ['user', 'model', 'runs', 'input', 'cached', 'written', 'output', 'cost']);
    assert.deepEqual(row, [sub, model, ...cells, dollars]);
    assert.deepEqual(total, ['total', ...cells, dollars]);
  });
});
