// Crashes of the worker in the middle of a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, purgeDeadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { connect, newId, reconnecting, reload } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { ALWAYS, inject, workerOf } from '../harness/inject.mjs';
import { kill } from '../harness/processes.mjs';
import { calls, requests, scenario, streams } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** Deadline of a reclaim: the lease, the visibility timeout, a busy machine. */
const RECOVERY_MS = 60_000;

/**
 * Sends a prompt on a thread of its own.
 * @param {import('node:test').TestContext} t
 * @param {string} prompt
 * @param {object} [options]
 */
async function started(t, prompt, options = { onGone: 'grace:60' }) {
  return (await reconnecting(t)).prompt(prompt, { options });
}

/** Kills the worker of a run. @param {Run} run */
async function crash(run) {
  await kill(await workerOf(run.id));
}

/**
 * Checks that the run was reclaimed and is complete, for its client and for a page that is loaded afterwards.
 * @param {import('node:test').TestContext} t
 * @param {Run} run
 * @param {{crashes?: number, keep?: number}} [expected]
 */
async function recovered(t, run, { crashes = 1, keep } = {}) {
  await run.success(RECOVERY_MS);
  assert.equal(run.received.epoch, crashes + 1);
  const restarts = run.events.filter(({ name }) => name === 'lw.restart');
  assert.deepEqual(
    restarts.map(({ metadata, value }) => metadata['lw.seq'] - value.keep),
    restarts.map(() => 1),
  );
  if (keep !== undefined) assert.equal(restarts.at(-1)?.value.keep, keep);
  const messages = await historyMatches(run);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.status, row?.crashes], ['finished', crashes]);
  const page = await reload(t, run.threadId);
  assert.deepEqual(page.history.messages, messages);
  const again = page.client.subscribe(run);
  await again.success(RECOVERY_MS);
  assert.equal(again.text, run.text);
  await answersNextPrompt(run.client);
  await idle(run.threadId);
}

/** Checks that no message is left. */
async function queuesEmpty() {
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
}

test('a crash before the first token restarts the run', async (t) => {
  await scenario('tests-late', { steps: [{ ttft_ms: 3000, blocks: [{ text: 'Late, but here.' }] }] });
  const run = await started(t, 'sim:tests-late');
  await until('the request to the model', async () => (await streams(run.id)).length === 1);
  await crash(run);
  await recovered(t, run, { keep: 1 });
  assert.equal(run.text, 'Late, but here.');
  await queuesEmpty();
});

test('a crash in the middle of a text restarts its step and keeps the finished ones', async (t) => {
  await twoSteps();
  const runs = await Promise.all(['sim:steady', 'sim:tests-two-steps'].map((prompt) => started(t, prompt)));
  for (const run of runs) await run.firstText();
  for (const run of runs) await crash(run);
  for (const run of runs) await recovered(t, run);
  const [first, second] = runs;
  for (const run of runs) assert.ok(run.received.discarded.length > 0);
  assert.equal(first.text.split(' ').length, 60);
  assert.match(second.text, /end\.$/);
  assert.equal(second.of('TOOL_CALL_RESULT').length, 1);
  assert.equal((await requests(second.id)).length, 3, 'the finished step is not repeated');
  await queuesEmpty();
});

test('a crash in the middle of a tool call repeats the call', async (t) => {
  const seen = (await calls('latitude=10&')).length;
  const run = await started(t, 'sim:slow-tool');
  await until('the tool call', async () => (await calls('latitude=10&')).length > seen);
  await crash(run);
  await until('the second tool call', async () => (await calls('latitude=10&')).length > seen + 1, RECOVERY_MS);
  assert.equal((await run.client.cancel(run)).status, 'cancelling');
  const last = await run.end();
  assert.equal(last.outcome?.type, 'cancelled');
  await historyMatches(run, 'cancelled');
  await answersNextPrompt(run.client);
  await queuesEmpty();
});

test('a crash between a tool call and the commit of its result repeats the call', async (t) => {
  const run = await started(t, 'sim:tool');
  const held = await inject(t, {
    effect: 'hold',
    operation: 'TransactWriteItems',
    function: 'worker',
    containing: [run.id, 'get_weather'],
  });
  await held.matched();
  await crash(run);
  await held.remove();
  await recovered(t, run);
  assert.equal(run.text, 'The tool has answered.');
  assert.equal(run.of('TOOL_CALL_RESULT').length, 1);
  await queuesEmpty();
});

test('a crash between the two writes of the end leaves the committed end valid', async (t) => {
  const run = await started(t, 'Hey!');
  const held = await inject(t, {
    effect: 'hold',
    operation: 'UpdateItem',
    function: 'worker',
    containing: [run.threadId, 'REMOVE', 'line'],
  });
  await held.matched();
  assert.equal((await runRow(run.threadId, run.id))?.status, 'finished');
  await crash(run);
  await held.remove();
  await run.success(RECOVERY_MS);
  assert.equal(run.received.epoch, 1, 'a committed end is not restarted');
  await historyMatches(run);
  await answersNextPrompt(run.client);
  await idle(run.threadId);
  assert.equal((await requests(run.id)).length, 1);
  await queuesEmpty();
});

test('a crash between the two writes of the end starts the next run of the queue', async (t) => {
  const run = await started(t, 'sim:steady');
  const next = await run.client.prompt('What is 1 + 1?');
  const held = await inject(t, {
    effect: 'hold',
    operation: 'UpdateItem',
    function: 'worker',
    containing: [run.threadId, 'REMOVE', 'line'],
  });
  await held.matched();
  await crash(run);
  await held.remove();
  await run.success(RECOVERY_MS);
  await next.success(RECOVERY_MS);
  await idle(run.threadId);
  await queuesEmpty();
});

test('a crash between the end and the last post delivers the end', async (t) => {
  const run = await started(t, 'Hey!');
  const held = await inject(t, {
    effect: 'hold',
    operation: 'PostToConnection',
    function: 'worker',
    containing: [run.id, 'RUN_FINISHED'],
  });
  await held.matched();
  await crash(run);
  await held.remove();
  await run.success(RECOVERY_MS);
  assert.equal(run.received.epoch, 1);
  await historyMatches(run);
  await answersNextPrompt(run.client);
  await queuesEmpty();
});

test('a client that is disconnected during the restart receives the same events', async (t) => {
  const thread = newId('t');
  const client = await reconnecting(t, thread);
  const run = await client.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.firstText();
  const other = await connect(t, { query: { thread } });
  const half = other.subscribe(run);
  await half.firstText();
  const last = half.received.last;
  other.close();
  await crash(run);
  await run.event('the restart', ({ name }) => name === 'lw.restart', RECOVERY_MS);
  const returned = await reconnecting(t, thread);
  returned.state.runs.set(run.id, half.received);
  const later = returned.subscribe(run);
  await Promise.all([run.success(RECOVERY_MS), later.success(RECOVERY_MS)]);
  assert.deepEqual(later.events, run.events);
  assert.ok(last > 1 && later.received.discarded.length >= last - 1);
  await recovered(t, run);
  await queuesEmpty();
});

test('a crash does not extend the grace period of a run without subscribers', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:slow', { options: { onGone: 'grace:14' } });
  await run.firstText();
  client.close();
  const goneSince = await until(
    'the start of the grace period',
    async () => (await runRow(run.threadId, run.id))?.goneSince,
  );
  await crash(run);
  const row = await until(
    'the cancelled run',
    async () => {
      const found = await runRow(run.threadId, run.id);
      return found?.status === 'cancelled' && found;
    },
    RECOVERY_MS,
  );
  assert.deepEqual([row.reason, row.crashes], ['client_gone', 1]);
  assert.equal(row.goneSince, goneSince);
  const lasted = row.endedAt - goneSince;
  assert.ok(lasted >= 13 && lasted <= 25, `${lasted} s`);
  await idle(run.threadId);
  await queuesEmpty();
});

test('a third crash fails the run, advances the queue and leaves the message in the dead-letter queue', async (t) => {
  const run = await started(t, 'sim:slow');
  /** @type {number[]} */
  const killed = [];
  for (let crash = 1; crash <= 3; crash += 1) {
    await until('text', () => run.received.epoch === crash && run.of('TEXT_MESSAGE_CONTENT').length > 0, RECOVERY_MS);
    const pid = await workerOf(run.id, killed);
    killed.push(pid);
    await kill(pid);
  }
  const last = await run.end(RECOVERY_MS);
  assert.deepEqual([last.type, last.code, last.metadata['lw.retryable']], ['RUN_ERROR', 'worker_lost', true]);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.status, row?.crashes], ['failed', 3]);
  await answersNextPrompt(run.client);
  await idle(run.threadId);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 1);
  await purgeDeadLetters();
  const { messages } = await run.client.history();
  const contents = messages.map((/** @type {any} */ { content }) => content);
  assert.deepEqual(contents.slice(0, 2), ['sim:slow', 'Hey!'], 'the prompt is kept');
});

/** Adds a scenario with a tool call and a text that takes 2.5 s. */
async function twoSteps() {
  await scenario('tests-two-steps', {
    steps: [
      { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] },
      { deltas_per_s: 20, blocks: [{ text: `${'word '.repeat(50)}end.` }] },
    ],
  });
}

test('a run whose steps exceed a page of a query continues after a crash', async (t) => {
  const text = 'One word after the other, so that the worker can be killed in between. '.repeat(3);
  const steps = [
    { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] },
    { deltas_per_s: 8, blocks: [{ text }] },
  ];
  await scenario('tests-tool-then-words', { steps });
  const client = await reconnecting(t);
  const run = await client.prompt('sim:tests-tool-then-words', { options: { onGone: 'grace:60' } });
  await run.firstText();
  await inject(t, {
    effect: 'page',
    operation: 'Query',
    function: 'worker',
    containing: [run.threadId, 'MSG#'],
    times: ALWAYS,
  });
  await kill(await workerOf(run.id));
  await run.success(60_000);
  assert.equal(run.received.epoch, 2);
  const { messages } = await client.history();
  const prompts = messages.filter((/** @type {any} */ { role }) => role === 'user');
  assert.equal(prompts.length, 1, 'the run did not start from scratch');
  await historyMatches(run);
});
