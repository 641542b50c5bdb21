// The fifteenth minute, played with a worker that lives for 40 s.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { deadLetters, endedRow, queueEmpty, runRow } from '../harness/aws.mjs';
import { loyal } from '../harness/client.mjs';
import { functionIs } from '../harness/functions.mjs';
import { requests, scenario, streams } from '../harness/simulator.mjs';
import { free, goesOn, sound, told } from '../harness/thread.mjs';

const LIFE_S = 40;
const LONG_MS = 240_000;

const call = { tool: 'get_weather', input: { location: 'Berlin' } };
const words = (/** @type {number} */ count) => `${'word '.repeat(count)}end.`;

before(async () => {
  // Eight seconds each: ten of them are twice a worker's life.
  const step = { ttft_ms: 4000, deltas_per_s: 10, blocks: [{ text: words(36) }, call] };
  const last = { ttft_ms: 4000, deltas_per_s: 10, blocks: [{ text: words(36) }] };
  await scenario('tests-ten-steps', { steps: [...Array(9).fill(step), last] });
  await scenario('tests-longer-than-life', { steps: [{ deltas_per_s: 2, blocks: [{ text: words(200) }] }] });
  const quick = { ttft_ms: 3000, blocks: [call] };
  await scenario('tests-no-end', { repeat: true, steps: [quick] });
  // After 32 s of steps, one that fits into no more than a fresh worker's life.
  const fits = { deltas_per_s: 4, blocks: [{ text: words(80) }] };
  await scenario('tests-cut-once', { steps: [step, step, step, fits] });
});

/** Nothing of it goes on. @param {import('../harness/run.mjs').Run} run */
async function over(run) {
  await free(run.threadId);
  await goesOn(run.client);
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
}

test('a worker that lives for 40 s', { concurrency: 4 }, async (t) => {
  await functionIs(t, 'worker', { timeout: LIFE_S, variables: { MAX_STEPS: '12' } });

  await Promise.all([
    t.test('ten steps of eight seconds are one run to its client', async (t) => {
      const run = await (await loyal(t)).prompt('sim:tests-ten-steps');
      await run.success(LONG_MS);
      assert.deepEqual([run.delivery.epoch, run.delivery.voided, run.client.book.gaps], [1, [], 0]);
      assert.deepEqual(run.of('STEP_STARTED').map(({ stepName }) => stepName), Array.from({ length: 10 }, (_, at) => `turn-${at + 1}`));
      assert.equal((await requests(run.id)).length, 10, 'no step is repeated');
      const row = await runRow(run.threadId, run.id);
      assert.ok(row?.handovers >= 2, `${row?.handovers} hand-overs`);
      assert.deepEqual([row?.crashes, row?.restarts], [0, []]);
      t.diagnostic(`${row?.handovers} hand-overs in ${row?.endedAt - row?.startedAt} s`);
      const gaps = (await streams(run.id)).slice(1).map(({ started }, at, all) => started - (at > 0 ? all[at - 1].ended : started));
      t.diagnostic(`at most ${Math.max(...gaps)} ms from one model call to the next`);
      await told(run);
      await over(run);
    }),

    t.test('one model call longer than a worker’s life is cut, repeated once, and ends the run', async (t) => {
      const run = await (await loyal(t)).prompt('sim:tests-longer-than-life');
      const last = await run.end(LONG_MS);
      assert.deepEqual([last.outcome?.type, last.metadata['lw.reason']], ['cancelled', 'timeout']);
      assert.equal((await requests(run.id)).length, 2);
      assert.equal(run.delivery.epoch, 2, 'what was sent of the first is void');
      const row = await endedRow(run.threadId, run.id);
      assert.equal(row.crashes, 0);
      await sound(run, 'cancelled');
      await over(run);
    }),

    t.test('a model call that is cut because its worker was old is whole with a fresh one', async (t) => {
      const run = await (await loyal(t)).prompt('sim:tests-cut-once');
      await run.success(LONG_MS);
      assert.match(run.text, /end\.$/);
      const row = await endedRow(run.threadId, run.id);
      assert.ok(row.handovers >= 1);
      assert.equal(row.crashes, 0);
      await told(run);
      await over(run);
    }),
  ]);
});

test('all of a run’s time is bounded', async (t) => {
  await functionIs(t, 'worker', { timeout: LIFE_S, variables: { RUN_SECONDS: '60', MAX_STEPS: '100' } });
  const run = await (await loyal(t)).prompt('sim:tests-no-end');
  const last = await run.end(LONG_MS);
  assert.deepEqual([last.outcome?.type, last.metadata['lw.reason']], ['cancelled', 'timeout']);
  const row = await endedRow(run.threadId, run.id);
  const lasted = row.endedAt - row.startedAt;
  assert.ok(lasted >= 45 && lasted <= 75, `${lasted} s`);
  await over(run);
});
