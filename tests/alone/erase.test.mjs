// Crashes and faults while a former generation of a thread is erased.

import { test } from 'node:test';

import { expireThread } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { answered, sortKeys } from '../harness/generation.mjs';
import { callsOf, inject } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';

const ERASE_MS = 60_000;

/** @param {string} threadId */
function erased(threadId) {
  return until('the thread has no items', async () => (await sortKeys(threadId)).length === 0, ERASE_MS);
}

test('what a crash left of a generation is erased when the record is sent again', async (t) => {
  const { run } = await answered(t);
  const steps = [
    { operation: 'TransactWriteItems', containing: [`LOG#${run.id}#`] },
    { operation: 'DeleteItem', containing: [`RUN#${run.id}`] },
    { operation: 'BatchWriteItem', containing: ['MSG#', run.threadId] },
  ];
  const held = await Promise.all(
    steps.map((step) => inject(t, { effect: 'hold', function: 'erase', times: 3, ...step })),
  );
  await expireThread(run.threadId);
  for (const [number, { operation }] of steps.entries()) {
    await held[number].matched(ERASE_MS);
    const calls = await callsOf({ function: 'erase', operation, containing: run.threadId });
    await kill(/** @type {number} */ (calls.at(-1)?.pid));
    await held[number].remove();
  }
  await erased(run.threadId);
});

test('failing and lost calls leave no item of a generation', async (t) => {
  for (const effect of /** @type {const} */ (['fail', 'lose'])) {
    const { run } = await answered(t);
    const operations = ['Query', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];
    const faults = operations.map((operation) =>
      inject(t, { effect, operation, function: 'erase', containing: run.threadId }),
    );
    const injected = await Promise.all(faults);
    await expireThread(run.threadId);
    await erased(run.threadId);
    for (const fault of injected) await fault.matched();
  }
});
