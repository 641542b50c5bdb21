// Fairness between users: the prompts that one user has queued do not delay another user.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newId } from '../harness/client.mjs';
import { limitWorkers } from '../harness/functions.mjs';
import { callsOf } from '../harness/inject.mjs';
import { proxied } from '../harness/proxied.mjs';
import { endlessReply } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';
import { user } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** Threads on which a connection may have unfinished runs at the same time. */
const THREADS = 3;
/** Most runs in a run queue, as in shared/store/src/threads/run_queue.rs. */
const MOST_RUNS = 20;
/** Deadline for the end of the last queued run: some sixty runs, three at a time. */
const DRAINED_MS = 180_000;

/** Fills the run queue of a thread behind its active run. @param {Client} client @param {string} threadId */
async function fill(client, threadId) {
  const runs = [];
  for (let place = 1; place < MOST_RUNS; place += 1) {
    const run = await client.prompt('Hey!', { threadId });
    assert.deepEqual([run.ack.status, run.ack.position], ['waiting', place]);
    runs.push(run);
  }
  await assertFull(client, threadId);
  return runs;
}

/** @param {Client} client @param {string} threadId */
async function assertFull(client, threadId) {
  const { type, code } = await client.request({ action: 'prompt', prompt: 'Hey!', threadId });
  assert.deepEqual([type, code], ['error', 'thread_busy']);
}

/** Times at which a client received the ends of runs, in milliseconds since 1970. @param {Client} client */
function ends(client) {
  return client.socket.frames.flatMap(({ text, at }) => {
    const events = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return events.filter(({ type }) => ['RUN_FINISHED', 'RUN_ERROR'].includes(type)).map(() => at);
  });
}

/** Message groups of the jobs that ingest and the workers sent, by run. @returns {Promise<Map<string, Set<string>>>} */
async function groups() {
  /** @type {Map<string, Set<string>>} */
  const groups = new Map();
  for (const { body } of await callsOf({ operation: 'SendMessage' })) {
    const { QueueUrl, MessageBody, MessageGroupId } = JSON.parse(body);
    if (QueueUrl !== stack().queue_url) continue;
    const { runId } = JSON.parse(MessageBody);
    groups.set(runId, (groups.get(runId) ?? new Set()).add(MessageGroupId));
  }
  return groups;
}

test('three full run queues of a user leave the next free worker to another user', async (t) => {
  const prompt = await endlessReply();
  const many = await user(t);
  const one = await user(t);
  await proxied(t, ['ingest', 'worker']);
  await limitWorkers(t, THREADS);

  const active = [];
  for (let count = 0; count < THREADS; count += 1) {
    active.push(await many.client.prompt(prompt, { threadId: newId('t') }));
  }
  for (const run of active) await run.firstText();
  const waiting = (await Promise.all(active.map(({ threadId }) => fill(many.client, threadId)))).flat();

  // Each worker has a run of the first user.
  const other = await one.client.prompt('Hey!');
  assert.equal(other.ack.status, 'queued');
  assert.equal(ends(many.client).length, 0);
  await many.client.cancel(active[0]);
  await other.success();
  for (const { threadId } of active.slice(1)) await assertFull(many.client, threadId);
  const [otherEnd] = ends(one.client);
  const before = ends(many.client).filter((at) => at <= otherEnd);
  assert.ok(before.length <= THREADS + 1, `${before.length} runs of the first user ended before`);

  for (const run of active.slice(1)) await many.client.cancel(run);
  for (const run of [...active, ...waiting]) await run.complete(DRAINED_MS);
  /** @type {Map<string, Set<string>>} */
  const expected = new Map([[other.id, new Set([one.sub])]]);
  for (const { id } of [...active, ...waiting]) expected.set(id, new Set([many.sub]));
  // The job of a waiting run is sent by the worker of the run before it.
  assert.deepEqual(await groups(), expected);
});
