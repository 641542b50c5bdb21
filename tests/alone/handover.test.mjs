// Hand-overs at the end of an invocation, with a function timeout of 40 s in place of 15 minutes.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { deadLetters, endedRow, queueEmpty, runRow } from '../harness/aws.mjs';
import { reconnecting } from '../harness/client.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { requests, scenario, streams } from '../harness/simulator.mjs';
import { answersNextPrompt, conforms, historyMatches, idle } from '../harness/thread.mjs';

const TIMEOUT_S = 40;
const LONG_MS = 240_000;

const call = { tool: 'get_weather', input: { location: 'Berlin' } };
const words = (/** @type {number} */ count) => `${'word '.repeat(count)}end.`;

before(async () => {
  // A step takes 8 s, so ten of them take two invocations.
  const step = { ttft_ms: 4000, deltas_per_s: 10, blocks: [{ text: words(36) }, call] };
  const last = { ttft_ms: 4000, deltas_per_s: 10, blocks: [{ text: words(36) }] };
  await scenario('tests-ten-steps', { steps: [...Array(9).fill(step), last] });
  await scenario('tests-longer-than-timeout', { steps: [{ deltas_per_s: 2, blocks: [{ text: words(200) }] }] });
  const quick = { ttft_ms: 3000, blocks: [call] };
  await scenario('tests-no-end', { repeat: true, steps: [quick] });
  // After steps of 24 s, one of 20 s that fits only into a new invocation.
  const fits = { deltas_per_s: 4, blocks: [{ text: words(80) }] };
  await scenario('tests-cut-once', { steps: [step, step, step, fits] });
});

/** Checks that nothing of the run is left. @param {import('../harness/run.mjs').Run} run */
async function over(run) {
  await idle(run.threadId);
  await answersNextPrompt(run.client);
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
}

test('a function timeout of 40 s', { concurrency: 4 }, async (t) => {
  await reconfigure(t, 'worker', { timeout: TIMEOUT_S, variables: { MAX_STEPS: '12' } });

  await Promise.all([
    t.test('hands a run of ten steps over without a restart', async (t) => {
      const run = await (await reconnecting(t)).prompt('sim:tests-ten-steps');
      await run.success(LONG_MS);
      assert.deepEqual([run.received.epoch, run.received.discarded, run.client.state.gaps], [1, [], 0]);
      assert.deepEqual(
        run.of('STEP_STARTED').map(({ stepName }) => stepName),
        Array.from({ length: 10 }, (_, at) => `turn-${at + 1}`),
      );
      assert.equal((await requests(run.id)).length, 10, 'no step is repeated');
      const row = await runRow(run.threadId, run.id);
      assert.ok(row?.handovers >= 2, `${row?.handovers} hand-overs`);
      assert.deepEqual([row?.crashes, row?.restarts], [0, []]);
      t.diagnostic(`${row?.handovers} hand-overs in ${row?.endedAt - row?.startedAt} s`);
      const gaps = (await streams(run.id))
        .slice(1)
        .map(({ started }, at, all) => started - (at > 0 ? all[at - 1].ended : started));
      t.diagnostic(`at most ${Math.max(...gaps)} ms from one model call to the next`);
      await historyMatches(run);
      await over(run);
    }),

    t.test('cancels a run whose model call is longer than two invocations', async (t) => {
      const run = await (await reconnecting(t)).prompt('sim:tests-longer-than-timeout');
      const last = await run.end(LONG_MS);
      assert.deepEqual([last.outcome?.type, last.metadata['lw.reason']], ['cancelled', 'timeout']);
      assert.equal((await requests(run.id)).length, 2);
      assert.equal(run.received.epoch, 2, 'a restart discards the events of the first call');
      const row = await endedRow(run.threadId, run.id);
      assert.equal(row.crashes, 0);
      await conforms(run, 'cancelled');
      await over(run);
    }),

    t.test('repeats a model call that did not fit into the rest of an invocation', async (t) => {
      const run = await (await reconnecting(t)).prompt('sim:tests-cut-once');
      await run.success(LONG_MS);
      assert.match(run.text, /end\.$/);
      const row = await endedRow(run.threadId, run.id);
      assert.ok(row.handovers >= 1);
      assert.equal(row.crashes, 0);
      await historyMatches(run);
      await over(run);
    }),
  ]);
});

test('a run is cancelled after RUN_SECONDS', async (t) => {
  await reconfigure(t, 'worker', { timeout: TIMEOUT_S, variables: { RUN_SECONDS: '60', MAX_STEPS: '100' } });
  const run = await (await reconnecting(t)).prompt('sim:tests-no-end');
  const last = await run.end(LONG_MS);
  assert.deepEqual([last.outcome?.type, last.metadata['lw.reason']], ['cancelled', 'timeout']);
  const row = await endedRow(run.threadId, run.id);
  const lasted = row.endedAt - row.startedAt;
  assert.ok(lasted >= 45 && lasted <= 75, `${lasted} s`);
  await over(run);
});
