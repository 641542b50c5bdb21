// Waits for approval that end without an answer: by a cancellation, by another prompt, or because they expire.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  APPROVALS,
  APPROVE,
  answersIn,
  asked,
  askedTwice,
  DENY,
  interruptsOf,
  needApproval,
  seenByModel,
  sendApproval,
} from '../harness/approvals.mjs';
import { connect, newId } from '../harness/client.mjs';
import { scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, metaOf } from '../harness/thread.mjs';
import { expireWait, sweepWait } from '../harness/waits.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const LONG_MS = 60_000;
const NOTHING = { toolCallIds: [], interrupts: [] };
const NOT_APPROVED = 'The call was not approved.';

/** @param {Client} client @param {string} threadId @param {string} interruptId @param {string} code */
async function refused(client, threadId, interruptId, code) {
  for (const answer of [APPROVE, DENY]) {
    const error = await sendApproval(client, threadId, interruptId, answer);
    assert.deepEqual([error.type, error.code], ['error', code], JSON.stringify(error));
  }
}

describe('a wait for approval', () => {
  needApproval(APPROVALS);

  test('ends with a cancellation', async (t) => {
    const client = await connect(t);
    for (const named of [true, false]) {
      const { run, interrupt, threadId } = await asked(client);
      const ack = await client.request({ action: 'cancel', threadId, ...(named && { runId: run.id }) });
      assert.deepEqual([ack.type, ack.status, ack.runId], ['ack', 'cancelled', run.id]);
      assert.deepEqual((await client.history({ threadId })).pending, NOTHING);
      await refused(client, threadId, interrupt.id, 'not_pending');
      await answersNextPrompt(client);
    }
  });

  test('refuses a prompt, and ends with one that supersedes it', async (t) => {
    const client = await connect(t);
    const { interrupt, threadId } = await asked(client);
    const prompt = { action: 'prompt', threadId, prompt: 'Hey!' };
    const error = await client.request(prompt);
    assert.deepEqual([error.type, error.code], ['error', 'answers_pending']);
    const next = await (await client.prompt('Hey!', { supersede: true })).success();
    assert.deepEqual(answersIn(next), [[interrupt.toolCallId, 'denied', NOT_APPROVED]]);
    assert.deepEqual((await seenByModel(next.id)).results, [NOT_APPROVED]);
    await refused(client, threadId, interrupt.id, 'not_pending');
    await answersNextPrompt(client);
  });

  test('that ends makes no call that was approved', async (t) => {
    const client = await connect(t);
    const { interrupts, threadId } = await askedTwice(client);
    const [first, second] = interrupts;
    const ack = await sendApproval(client, threadId, first.id, APPROVE);
    assert.equal(ack.status, 'accepted');
    const next = await (await client.prompt('Hey!', { supersede: true })).success();
    assert.deepEqual(answersIn(next), [
      [first.toolCallId, 'cancelled', 'The call was approved, but it was not made.'],
      [second.toolCallId, 'denied', NOT_APPROVED],
    ]);
    assert.deepEqual(next.of('TOOL_CALL_RESULT'), []);
    await answersNextPrompt(client);
  });

  test('ends by its expiry: a late answer is refused, and the next prompt denies the call', async (t) => {
    const client = await connect(t);
    const { interrupt, threadId } = await asked(client);
    await expireWait(threadId);
    await refused(client, threadId, interrupt.id, 'interrupt_expired');
    assert.deepEqual((await client.history({ threadId })).pending, NOTHING);
    await sweepWait(threadId);
    const next = await (await client.prompt('Hey!')).success();
    const [[call, outcome, content], ...others] = answersIn(next);
    assert.deepEqual([call, outcome, others], [interrupt.toolCallId, 'denied', []]);
    assert.deepEqual((await seenByModel(next.id)).results, [content]);
    await answersNextPrompt(client);
  });

  test('that expired refuses no prompt before the sweep', async (t) => {
    const client = await connect(t);
    const { interrupt, threadId } = await asked(client);
    await expireWait(threadId);
    const next = await (await client.prompt('Hey!')).success();
    assert.deepEqual(
      answersIn(next).map(([call, outcome]) => [call, outcome]),
      [[interrupt.toolCallId, 'denied']],
    );
    assert.equal((await metaOf(threadId)).open, undefined);
  });

  test('that expires lets the runs behind it begin', async (t) => {
    const client = await connect(t);
    const name = newId('slow');
    const blocks = [{ text: 'One moment. '.repeat(8) }, { tool: 'current_time', input: { timezone: 'UTC' } }];
    await scenario(name, { steps: [{ blocks, deltas_per_s: 8 }] });
    const run = await client.prompt(`sim:${name}`);
    const queued = await client.prompt('Hey!');
    await interruptsOf(run);
    await expireWait(run.threadId);
    await sweepWait(run.threadId);
    await queued.success(LONG_MS);
    assert.deepEqual(
      answersIn(queued).map(([, outcome]) => outcome),
      ['denied'],
    );
  });
});
