// A worker that dies in the middle of a run, at the worst moments.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { buryDeadLetters, deadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { connect, fresh, loyal, reload } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { kill } from '../harness/processes.mjs';
import { calls, requests, scenario, streams } from '../harness/simulator.mjs';
import { serving, spoil } from '../harness/spoil.mjs';
import { free, goesOn, told } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** How long a take-over may take: the lease, the visibility, a busy machine. */
const RECOVERY_MS = 60_000;

/** A prompt on a thread of its own. @param {any} t @param {string} prompt @param {object} [options] */
async function begun(t, prompt, options = { onGone: 'grace:60' }) {
  return (await loyal(t)).prompt(prompt, { options });
}

/** The worker of a run dies. @param {Run} run */
async function strike(run) {
  await kill(await serving(run.id));
}

/**
 * The run was taken over and is whole: so says its client, who stayed, and a page that is loaded now.
 * @param {Run} run
 * @param {{crashes?: number, keep?: number}} [expected]
 */
async function recovered(t, run, { crashes = 1, keep } = {}) {
  await run.success(RECOVERY_MS);
  assert.equal(run.delivery.epoch, crashes + 1);
  const restarts = run.lines.filter(({ name }) => name === 'lw.restart');
  assert.deepEqual(restarts.map(({ metadata, value }) => metadata['lw.seq'] - value.keep), restarts.map(() => 1));
  if (keep !== undefined) assert.equal(restarts.at(-1)?.value.keep, keep);
  const messages = await told(run);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.status, row?.crashes], ['finished', crashes]);
  const page = await reload(t, run.threadId);
  assert.deepEqual(page.history.messages, messages);
  const again = page.client.watch(run);
  await again.success(RECOVERY_MS);
  assert.equal(again.text, run.text);
  await goesOn(run.client);
  await free(run.threadId);
}

/** Nothing is left that would start again. */
async function quiet() {
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 0);
}

test('before the first token', async (t) => {
  await scenario('tests-late', { steps: [{ ttft_ms: 3000, blocks: [{ text: 'Late, but here.' }] }] });
  const run = await begun(t, 'sim:tests-late');
  await until('the model is asked', async () => (await streams(run.id)).length === 1);
  await strike(run);
  await recovered(t, run, { keep: 1 });
  assert.equal(run.text, 'Late, but here.');
  await quiet();
});

test('in the middle of a text; in the text after a finished step, which stands', async (t) => {
  await twoSteps();
  const runs = await Promise.all(['sim:steady', 'sim:tests-two-steps'].map((prompt) => begun(t, prompt)));
  for (const run of runs) await run.words();
  for (const run of runs) await strike(run);
  for (const run of runs) await recovered(t, run);
  const [first, second] = runs;
  for (const run of runs) assert.ok(run.delivery.voided.length > 0);
  assert.equal(first.text.split(' ').length, 60);
  assert.match(second.text, /end\.$/);
  assert.equal(second.of('TOOL_CALL_RESULT').length, 1);
  assert.equal((await requests(second.id)).length, 3, 'the finished step is not done again');
  await quiet();
});

test('in the middle of a tool, which may be called again', async (t) => {
  const seen = (await calls('latitude=10&')).length;
  const run = await begun(t, 'sim:slow-tool');
  await until('the tool runs', async () => (await calls('latitude=10&')).length > seen);
  await strike(run);
  await until('the tool runs again', async () => (await calls('latitude=10&')).length > seen + 1, RECOVERY_MS);
  assert.equal((await run.client.cancel(run)).status, 'cancelling');
  const last = await run.end();
  assert.equal(last.outcome?.type, 'cancelled');
  await told(run, 'cancelled');
  await goesOn(run.client);
  await quiet();
});

test('between a tool’s effect and its storing', async (t) => {
  const run = await begun(t, 'sim:tool');
  const held = await spoil(t, { effect: 'hold', operation: 'TransactWriteItems', function: 'worker', holding: [run.id, 'get_weather'] });
  await held.met();
  await strike(run);
  await held.withdraw();
  await recovered(t, run);
  assert.equal(run.text, 'The tool has answered.');
  assert.equal(run.of('TOOL_CALL_RESULT').length, 1);
  await quiet();
});

test('between the two writes of the end', async (t) => {
  const run = await begun(t, 'Hey!');
  const held = await spoil(t, { effect: 'hold', operation: 'UpdateItem', function: 'worker', holding: [run.threadId, 'REMOVE', 'line'] });
  await held.met();
  assert.equal((await runRow(run.threadId, run.id))?.status, 'finished');
  await strike(run);
  await held.withdraw();
  await run.success(RECOVERY_MS);
  assert.equal(run.delivery.epoch, 1, 'an end that is committed stands');
  await told(run);
  await goesOn(run.client);
  await free(run.threadId);
  assert.equal((await requests(run.id)).length, 1);
  await quiet();
});

test('between the two writes of the end, while another prompt waits', async (t) => {
  const run = await begun(t, 'sim:steady');
  const next = await run.client.prompt('What is 1 + 1?');
  const held = await spoil(t, { effect: 'hold', operation: 'UpdateItem', function: 'worker', holding: [run.threadId, 'REMOVE', 'line'] });
  await held.met();
  await strike(run);
  await held.withdraw();
  await run.success(RECOVERY_MS);
  await next.success(RECOVERY_MS);
  await free(run.threadId);
  await quiet();
});

test('after the end, before the last post', async (t) => {
  const run = await begun(t, 'Hey!');
  const held = await spoil(t, { effect: 'hold', operation: 'PostToConnection', function: 'worker', holding: [run.id, 'RUN_FINISHED'] });
  await held.met();
  await strike(run);
  await held.withdraw();
  await run.success(RECOVERY_MS);
  assert.equal(run.delivery.epoch, 1);
  await told(run);
  await goesOn(run.client);
  await quiet();
});

test('a client that is away during the restart assembles the same', async (t) => {
  const thread = fresh('t');
  const stays = await loyal(t, thread);
  const run = await stays.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.words();
  const away = await connect(t, { query: { thread } });
  const half = away.watch(run);
  await half.words();
  const seen = half.delivery.last;
  away.leave();
  await strike(run);
  await run.line('the restart', ({ name }) => name === 'lw.restart', RECOVERY_MS);
  const back = await loyal(t, thread);
  back.book.runs.set(run.id, half.delivery);
  const later = back.watch(run);
  await Promise.all([run.success(RECOVERY_MS), later.success(RECOVERY_MS)]);
  assert.deepEqual(later.lines, run.lines);
  assert.ok(seen > 1 && later.delivery.voided.length >= seen - 1);
  await recovered(t, run);
  await quiet();
});

test('grace over with nobody back, although the worker died in between: cancelled as gone', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:slow', { options: { onGone: 'grace:14' } });
  await run.words();
  client.leave();
  await until('it is known', async () => (await runRow(run.threadId, run.id))?.goneSince !== undefined);
  await strike(run);
  const row = await until('it ended', async () => {
    const found = await runRow(run.threadId, run.id);
    return found?.status === 'cancelled' && found;
  }, RECOVERY_MS);
  assert.deepEqual([row.reason, row.crashes], ['client_gone', 1]);
  const lasted = row.endedAt - row.goneSince;
  assert.ok(lasted >= 13 && lasted <= 25, `${lasted} s`);
  await free(run.threadId);
  await quiet();
});

test('a third crash ends the run, frees the thread, and leaves a copy in the dead-letter queue', async (t) => {
  const run = await begun(t, 'sim:slow');
  const seen = [];
  for (let crash = 1; crash <= 3; crash += 1) {
    await until('words', () => run.delivery.epoch === crash && run.of('TEXT_MESSAGE_CONTENT').length > 0, RECOVERY_MS);
    const pid = await serving(run.id, seen);
    seen.push(pid);
    await kill(pid);
  }
  const last = await run.end(RECOVERY_MS);
  assert.deepEqual([last.type, last.code, last.metadata['lw.retryable']], ['RUN_ERROR', 'worker_lost', true]);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.status, row?.crashes], ['failed', 3]);
  await goesOn(run.client);
  await free(run.threadId);
  await queueEmpty(RECOVERY_MS);
  assert.equal(await deadLetters(), 1);
  await buryDeadLetters();
  const { messages } = await run.client.history();
  assert.deepEqual(messages.map(({ content }) => content).slice(0, 2), ['sim:slow', 'Hey!'], 'the question is kept');
});

/** A scenario with a tool call first and a text that takes a while. */
async function twoSteps() {
  await scenario('tests-two-steps', {
    steps: [
      { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] },
      { deltas_per_s: 20, blocks: [{ text: `${'word '.repeat(50)}end.` }] },
    ],
  });
}
