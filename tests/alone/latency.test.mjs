// How long it takes from Stop to silence.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { streams } from '../harness/simulator.mjs';

const TIMES = 10;
/** The control read every 500 ms, its answer, and a busy machine. */
const BOUND_MS = 2000;

test('from the ack of a cancel to the dropped model stream', async (t) => {
  const client = await loyal(t);
  const times = [];
  for (let time = 0; time < TIMES; time += 1) {
    const run = await client.prompt('sim:slow');
    await run.words();
    const ack = await client.cancel(run);
    const { at } = /** @type {any} */ (client.socket.frames.find(({ text }) => text.includes(ack.id)));
    const dropped = await until('the stream is dropped', async () => (await streams(run.id)).find(({ state }) => state === 'dropped'));
    await run.end();
    times.push(dropped.ended - at);
  }
  times.sort((one, other) => one - other);
  const median = (times[TIMES / 2 - 1] + times[TIMES / 2]) / 2;
  t.diagnostic(`median ${median} ms, ${times[0]} to ${times.at(-1)} ms`);
  assert.ok(median <= BOUND_MS, `${median} ms`);
});
