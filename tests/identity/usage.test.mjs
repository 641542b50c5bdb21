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

  test('the report of a month has what `usage` says', async (t) => {
    const users = [await user(t), await user(t, [BUSY])];
    for (const { client } of users) {
      await (await client.prompt('Hey!')).success();
      await (await client.prompt('How is the weather in New York?')).success();
    }
    for (const { sub, client } of users) {
      /** @type {any[]} */
      const days = (await client.request({ action: 'usage' })).days;
      assert.equal(
        days.reduce((sum, { runs }) => sum + runs, 0),
        2,
      );
      const months = [...new Set(days.map(({ date }) => date.slice(0, 7)))];
      // With the user's lines alone, and with those of all users.
      for (const options of [['--user', sub], []]) {
        const lines = (await Promise.all(months.map((month) => usageLines(month, options)))).flat();
        const own = lines.filter((line) => line.user === sub).sort((one, other) => one.day.localeCompare(other.day));
        assert.equal(lines.length > own.length, options.length === 0);
        assert.deepEqual(
          own.map(({ day: date, model, runs, inputTokens, outputTokens, costMicros, unpricedRuns }) => {
            assert.equal(unpricedRuns, 0);
            return { date, model, runs, inputTokens, outputTokens, costMicros };
          }),
          days,
        );
      }
      const table = await usageReport(months[0], ['--user', sub]);
      const of = days.filter(({ date }) => date.startsWith(months[0]));
      const sum = (/** @type {string} */ name) => of.reduce((sum, day) => sum + day[name], 0);
      const total = table.trimEnd().split('\n').at(-1)?.split(/\s+/);
      assert.deepEqual([total?.at(0), total?.at(1)], ['total', String(sum('runs'))]);
      assert.deepEqual([total?.at(2), total?.at(-2)], [String(sum('inputTokens')), String(sum('outputTokens'))]);
      assert.equal(total?.at(-1), (sum('costMicros') / 1_000_000).toFixed(4));
    }
  });
});
