// The figures of docs/operations.md, "Measured". Times are printed; bounds are for what does not depend on the machine.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { fresh, loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { functionIs } from '../harness/functions.mjs';
import { scenario, streams } from '../harness/simulator.mjs';
import { callsOf, controlReads, serving } from '../harness/spoil.mjs';
import { free } from '../harness/thread.mjs';

const TIMES = 10;

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const READS = ['GetItem', 'Query'];

test('from the ack of a cancel to the dropped model stream', async (t) => {
  const client = await loyal(t);
  const times = [];
  /** @type {number[]} */
  const reads = [];
  for (let time = 0; time < TIMES; time += 1) {
    const run = await client.prompt('sim:slow');
    await run.words();
    const ack = await client.cancel(run);
    const { at } = /** @type {any} */ (client.socket.frames.find(({ text }) => text.includes(ack.id)));
    const dropped = await until('the stream is dropped', async () => (await streams(run.id)).find(({ state }) => state === 'dropped'));
    await run.end();
    times.push(dropped.ended - at);
    // The first read after the ack finds the cancel; another one may begin while the stream is being dropped.
    const between = (await controlReads(run.id)).filter((read) => read.at > at && read.at < dropped.ended);
    reads.push(between.length);
  }
  times.sort((one, other) => one - other);
  const median = (times[TIMES / 2 - 1] + times[TIMES / 2]) / 2;
  t.diagnostic(`median ${median} ms, ${times[0]} to ${times.at(-1)} ms`);
  assert.ok(Math.max(...reads) <= 2, `control reads from the ack to the dropped stream: ${reads.join(', ')}`);
});

test('what a plain run of one step asks of the stores', async (t) => {
  // A lease that is renewed after 15 s: a slow machine makes no more writes than a fast one.
  await functionIs(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  await (await loyal(t)).answer('Hey!');
  const thread = fresh('t');
  const client = await loyal(t, thread);
  await client.ask({ action: 'hello' });
  const since = Date.now();
  await client.answer('Hey!');
  await free(thread);
  const made = (await callsOf({ since })).filter((call) => ['ingest', 'worker'].includes(call.function ?? ''));
  const count = (/** @type {string[]} */ operations) => made.filter(({ operation }) => operations.includes(operation)).length;
  // What a worker begins with, and the control reads, are read as a batch.
  const beginning = made.filter(({ operation, body }) => operation === 'BatchGetItem' && body.includes('#IN')).length;
  const [writes, reads, control] = [count(WRITES), count(READS) + beginning, count(['BatchGetItem']) - beginning];
  t.diagnostic(made.map((call) => `${call.function} ${call.operation}`).join(', '));
  t.diagnostic(`${writes} writes, ${reads} reads, ${control} control reads, ${count(['SendMessage', 'ChangeMessageVisibility'])} calls of the queue`);
  // A part of a transaction costs two units, another write one, as long as no item is over 1 KB.
  const units = made.filter(({ operation }) => WRITES.includes(operation))
    .map(({ operation, body }) => (operation === 'TransactWriteItems' ? 2 * JSON.parse(body).TransactItems.length : 1));
  t.diagnostic(`${units.reduce((sum, each) => sum + each)} write units or more`);
  assert.ok(writes <= 7, `${writes} writes`);
  assert.ok(reads <= 4, `${reads} reads`);
});

test('what a run’s lines cost in memory', async (t) => {
  // New processes: the most that one ever held is all that Linux tells.
  await functionIs(t, 'worker', { variables: { MAX_STEPS: '9' } });
  const step = (/** @type {number} */ words) => ({
    deltas_per_s: 0, blocks: [...Array.from({ length: words }, (_, at) => ({ text: `w${at} ` })), { tool: 'get_weather', input: { location: 'Berlin' } }],
  });
  const last = { ttft_ms: 500, blocks: [{ text: 'Done.' }] };
  const most = async (/** @type {string} */ name, /** @type {number} */ words) => {
    await scenario(name, { steps: [step(words), last] });
    const run = await (await loyal(t)).prompt(`sim:${name}`);
    await run.whole(120_000);
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${await serving(run.id)}/status`, 'utf8'));
    return { lines: run.lines.length, megabytes: Number(found?.[1]) / 1024 };
  };
  const [few, many] = [await most('tests-few', 3), await most('tests-many-lines', 3350)];
  const said = [few, many].map(({ lines, megabytes }) => `${lines} lines: ${megabytes.toFixed(1)} MB`);
  t.diagnostic(`a debug build’s worker, at most: ${said.join('; ')}`);
  assert.ok(many.megabytes - few.megabytes < 64, said.join('; '));
});
