// `scripts/redrive`: jobs in the dead-letter queue.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, queueEmpty, receiveOnce, runRow } from '../harness/aws.mjs';
import { withAwsCli } from '../harness/aws-cli.mjs';
import { reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { requests } from '../harness/simulator.mjs';
import { answersNextPrompt, idle } from '../harness/thread.mjs';

/** Deadline of a reclaim: the lease, the visibility timeout, a busy machine. */
const RECOVERY_MS = 60_000;

/** Moves the jobs back. */
function redrive() {
  return withAwsCli('redrive', ['dev', '--yes']);
}

test('a job that was received too often is moved back, and its run is answered', async (t) => {
  await receiveOnce(t);
  const client = await reconnecting(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'finish' } });
  await run.firstText();
  await kill(await workerOf(run.id));
  await until('the job in the dead-letter queue', async () => (await deadLetters()) === 1, RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.status, 'running');
  const shown = await redrive();
  assert.match(shown, /about 1 messages to move/);
  assert.match(shown, /1 messages were moved to longwire-dev-runs\.\n$/);
  await run.success(RECOVERY_MS);
  assert.equal((await runRow(run.threadId, run.id))?.crashes, 1);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
});

test('the job of a run that was given up is moved back, and the run stays failed', async (t) => {
  const client = await reconnecting(t);
  const run = await client.prompt('sim:slow', { options: { onGone: 'grace:60' } });
  /** @type {number[]} */
  const killed = [];
  for (let crash = 1; crash <= 3; crash += 1) {
    await until('text', () => run.received.epoch === crash && run.of('TEXT_MESSAGE_CONTENT').length > 0, RECOVERY_MS);
    const pid = await workerOf(run.id, killed);
    killed.push(pid);
    await kill(pid);
  }
  assert.equal((await run.end(RECOVERY_MS)).code, 'worker_lost');
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 1);
  const made = (await requests(run.id)).length;
  const before = await runRow(run.threadId, run.id);
  const ends = () => client.socket.frames.filter(({ text }) => text.includes('"RUN_ERROR"')).length;
  const posted = ends();
  // The worker has sent this job itself, so SQS knows no queue that it is from.
  assert.match(await redrive(), /1 messages were moved/);
  await client.until('the end is posted again', () => ends() > posted);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
  assert.equal((await requests(run.id)).length, made, 'the model is not called');
  const after = await runRow(run.threadId, run.id);
  assert.deepEqual([after?.status, after?.code, after?.endedAt], ['failed', 'worker_lost', before?.endedAt]);
  await answersNextPrompt(client);
  await idle(run.threadId);
});
