// The deployed settings: a lease of 45 s, a visibility timeout of 60 s.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { streams } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches } from '../harness/thread.mjs';

/**
 * Longest time from the crash to the first event of the next attempt: the visibility timeout and time for a busy
 * machine.
 */
const RECLAIM_MS = 75_000;

/**
 * Moments of the crash, with their scenarios.
 * @type {Record<string, [string, (run: import('../harness/run.mjs').Run) => Promise<unknown>]>}
 */
const MOMENTS = {
  'before the first token': [
    'sim:slow-start',
    (run) => until('the request to the model', async () => (await streams(run.id)).length > 0),
  ],
  'in the middle of a text': ['sim:slow', (run) => run.firstText()],
};

test('a run is reclaimed within 75 s with the deployed settings', async (t) => {
  await reconfigure(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  await Promise.all(
    Object.entries(MOMENTS).map(([name, [prompt, moment]]) =>
      t.test(`after a crash ${name}`, async (t) => {
        const run = await (await reconnecting(t)).prompt(prompt, { options: { onGone: 'grace:120' } });
        await moment(run);
        const pid = await workerOf(run.id);
        const began = Date.now();
        await kill(pid);
        await run.event('the restart', ({ name: is }) => is === 'lw.restart', RECLAIM_MS + 30_000);
        const took = Date.now() - began;
        t.diagnostic(`reclaimed after ${(took / 1000).toFixed(1)} s`);
        assert.ok(took <= RECLAIM_MS, `${took} ms`);
        await run.success(120_000);
        assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
        await historyMatches(run);
        await answersNextPrompt(run.client);
      }),
    ),
  );
  await queueEmpty(120_000);
  assert.equal(await deadLetters(), 0);
});
