// A worker that dies or sleeps in the middle of a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../conformance/agui.mjs';
import { deadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { busyProcess, functionProcesses } from '../harness/processes.mjs';
import { scenario } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** Kills every process of the worker: there are no other runs at this time. */
function killWorkers() {
  const pids = functionProcesses(stack().functions.worker);
  assert.ok(pids.length > 0, 'the worker runs');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

/** The run was taken over once and is whole. @param {Run} run */
async function takenOver(run) {
  const { epoch, voided, lines } = run.delivery;
  assert.equal(epoch, 2);
  assert.ok(voided.length > 0);
  const restart = lines.filter(({ name }) => name === 'lw.restart');
  assert.deepEqual(restart.map(({ value, metadata }) => metadata['lw.seq'] - value.keep), [1]);
  assert.match(run.text, /end\.$/);
  const verdict = await judge([lines]);
  assert.deepEqual([verdict.complaints, verdict.outcomes], [[], ['success']]);
  const row = await runRow(run.threadId, run.id);
  assert.deepEqual([row?.status, row?.crashes], ['finished', 1]);
  assert.deepEqual((await run.client.history()).messages, verdict.messages);
  await (await run.client.prompt('Hey!')).success();
  await queueEmpty(60_000);
  assert.equal(await deadLetters(), 0);
}

test('killed, one run in its first step, one after a finished step: others take over, nothing is missing', async (t) => {
  await twoSteps();
  const runs = await Promise.all(['sim:steady', 'sim:tests-two-steps'].map(async (prompt) => {
    const run = await (await connect(t)).prompt(prompt);
    await run.words();
    return run;
  }));
  killWorkers();
  await Promise.all(runs.map((run) => run.success(60_000)));
  const [first, second] = runs;
  assert.equal(second.of('TOOL_CALL_RESULT').length, 1, 'a finished step stands');
  for (const run of [first, second]) await takenOver(run);
});

test('stopped for longer than its lease: another one takes over, and the first is silent when it wakes', async (t) => {
  const client = await connect(t);
  const run = await client.prompt('sim:steady');
  await run.words();
  const asleep = await busyProcess(stack().functions.worker);
  process.kill(asleep, 'SIGSTOP');
  // A stopped process takes no notice of the stack's end.
  t.after(() => process.kill(asleep, 'SIGCONT'));
  await run.line('the restart', ({ name }) => name === 'lw.restart', 60_000);
  process.kill(asleep, 'SIGCONT');
  await run.success(60_000);
  await takenOver(run);
  const old = client.socket.frames.flatMap(({ text }) => text.split('\n')).filter((line) => line.includes(run.id));
  const restart = old.findIndex((line) => line.includes('lw.restart'));
  assert.ok(old.slice(restart).every((line) => line.includes('"lw.epoch":2') || line.includes('"type":"alive"')), 'one writer');
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
