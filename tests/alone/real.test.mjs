// With the figures that are deployed: a lease of 45 s, a visibility of 60 s.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { functionIs } from '../harness/functions.mjs';
import { kill } from '../harness/processes.mjs';
import { streams } from '../harness/simulator.mjs';
import { serving } from '../harness/spoil.mjs';
import { goesOn, told } from '../harness/thread.mjs';

/** Within which another worker goes on, with some for a busy machine. */
const PROMISED_MS = 75_000;

/** The moment at which a worker dies. @type {Record<string, [string, (run: import('../harness/run.mjs').Run) => Promise<unknown>]>} */
const MOMENTS = {
  'before the first token': ['sim:slow-start', (run) => until('it is asked', async () => (await streams(run.id)).length > 0)],
  'in the middle of a text': ['sim:slow', (run) => run.words()],
};

test('real figures', async (t) => {
  await functionIs(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  await Promise.all(Object.entries(MOMENTS).map(([name, [prompt, moment]]) => t.test(`killed ${name}: another goes on within 75 s`, async (t) => {
    const run = await (await loyal(t)).prompt(prompt, { options: { onGone: 'grace:120' } });
    await moment(run);
    const pid = await serving(run.id);
    const began = Date.now();
    await kill(pid);
    await run.line('the restart', ({ name: is }) => is === 'lw.restart', PROMISED_MS + 30_000);
    const took = Date.now() - began;
    t.diagnostic(`recovered after ${(took / 1000).toFixed(1)} s`);
    assert.ok(took <= PROMISED_MS, `${took} ms`);
    await run.success(120_000);
    assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
    await told(run);
    await goesOn(run.client);
  })));
  await queueEmpty(120_000);
  assert.equal(await deadLetters(), 0);
});
