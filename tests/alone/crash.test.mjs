// A worker that dies in the middle of a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../conformance/agui.mjs';
import { deadLetters, queueEmpty, runRow } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { functionProcesses } from '../harness/processes.mjs';
import { scenario } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';

/** Kills every process of the worker: there is no other run at this time. */
function killWorkers() {
  const pids = functionProcesses(stack().functions.worker);
  assert.ok(pids.length > 0, 'the worker runs');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

for (const [when, prompt] of [['in its first step', 'sim:steady'], ['after a finished step', 'sim:tests-two-steps']]) {
  test(`killed ${when}: another worker takes over, and the client gets the whole answer`, async (t) => {
    await steps();
    const client = await connect(t);
    const run = await client.prompt(prompt);
    await run.words();
    killWorkers();
    const last = await run.end(60_000);
    assert.deepEqual([last.type, last.outcome], ['RUN_FINISHED', { type: 'success' }]);
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
    assert.deepEqual((await client.history()).messages, verdict.messages);
    await (await client.prompt('Hey!')).success();
    await queueEmpty(60_000);
    assert.equal(await deadLetters(), 0);
  });
}

/** A scenario with a tool call first and a text that takes a while. */
async function steps() {
  await scenario('tests-two-steps', {
    steps: [
      { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] },
      { deltas_per_s: 20, blocks: [{ text: `${'word '.repeat(50)}end.` }] },
    ],
  });
}
