// Texts for an unfinished run beside its end, a crash of its worker, and failing writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { queueEmpty, runRow } from '../harness/aws.mjs';
import { newId, reconnecting } from '../harness/client.mjs';
import { inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { endlessReply, requests } from '../harness/simulator.mjs';
import { answersNextPrompt, conforms, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** Deadline of a reclaim: the lease, the visibility timeout, a busy machine. */
const RECOVERY_MS = 60_000;

/** Answer to the text of the tests. */
const HELLO = 'Hello! How can I help you today?';

/** Starts a run of three seconds on a thread of its own. @param {import('node:test').TestContext} t */
async function started(t, prompt = 'sim:steady') {
  const run = await (await reconnecting(t)).prompt(prompt, { options: { onGone: 'grace:60' } });
  await run.firstText();
  return run;
}

/**
 * Holds the write that ends a run.
 * @param {import('node:test').TestContext} t
 * @param {Run} run
 * @param {string[]} more texts that the write contains
 */
function heldEnd(t, run, ...more) {
  const containing = [run.id, 'RUN_FINISHED', ...more];
  return inject(t, { effect: 'hold', operation: 'TransactWriteItems', function: 'worker', containing });
}

/** Sends a text to a run, which accepts it. @param {Run} run */
async function steer(run) {
  const { client, threadId, id: runId } = run;
  const ack = await client.request({ action: 'steer', threadId, runId, text: 'Hey!', messageId: newId('s') });
  assert.deepEqual([ack.type, ack.status, ack.runId], ['ack', 'accepted', runId], JSON.stringify(ack));
}

/** Checks the messages of a run that has ended, and that it took in one text. @param {Run} run @param {string[]} expected */
async function tookIn(run, expected) {
  await run.success(RECOVERY_MS);
  assert.equal(run.events.filter(({ name }) => name === 'lw.steered').length, 1);
  const { messages } = await run.client.history();
  const told = messages.map((/** @type {any} */ { role, content }) => (role === 'user' ? content : role));
  assert.deepEqual(told, expected);
  await conforms(run);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.steers, row?.steered], [1, 1]);
  await idle(run.threadId);
  await answersNextPrompt(run.client);
  await queueEmpty(RECOVERY_MS);
}

test('a text that arrives before the end is stored leads to another step', async (t) => {
  const run = await started(t);
  const end = await heldEnd(t, run);
  await end.matched();
  await steer(run);
  await end.remove();
  await tookIn(run, ['sim:steady', 'assistant', 'Hey!', 'assistant']);
  assert.equal(run.received.epoch, 1);
  assert.ok(run.text.endsWith(HELLO), run.text);
  assert.equal((await requests(run.id)).length, 2, 'the first answer is not made again');
});

test('a text that arrives before a crash at the end is taken in by the next worker', async (t) => {
  const run = await started(t);
  const end = await heldEnd(t, run);
  await end.matched();
  await steer(run);
  await kill(await workerOf(run.id));
  await end.remove();
  await tookIn(run, ['sim:steady', 'Hey!', 'assistant']);
  assert.deepEqual([run.received.epoch, run.text], [2, HELLO]);
});

test('a text whose step a crash made void is taken in again', async (t) => {
  const run = await started(t);
  const end = await heldEnd(t, run);
  await end.matched();
  await steer(run);
  const next = await heldEnd(t, run, 'lw.steered');
  await end.remove();
  await next.matched();
  await kill(await workerOf(run.id));
  await next.remove();
  await tookIn(run, ['sim:steady', 'assistant', 'Hey!', 'assistant']);
  assert.equal(run.received.epoch, 2);
  assert.equal((await requests(run.id)).length, 3);
});

test('a text is accepted once when its write conflicts or its response is lost', async (t) => {
  const prompt = await endlessReply();
  for (const effect of /** @type {const} */ (['conflict', 'lose', 'fail'])) {
    const run = await started(t, prompt);
    const containing = [run.id, 'STEER'];
    const fault = await inject(t, { effect, operation: 'TransactWriteItems', function: 'ingest', containing });
    await steer(run);
    assert.equal(await fault.count(), 1);
    await run.client.cancel(run);
    await run.end(RECOVERY_MS);
    const { messages } = await run.client.history();
    const contents = messages.map((/** @type {any} */ { content }) => content);
    assert.deepEqual([contents[0], ...contents.slice(2)], [prompt, 'Hey!'], effect);
  }
});
