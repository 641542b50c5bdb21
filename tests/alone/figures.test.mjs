// The figures of docs/operations.md, "Measured". Times are printed; only numbers that do not depend on the machine have
// bounds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { newId, reconnecting } from '../harness/client.mjs';
import { answered, pendingCalls, SONG, sendResult, TOOLS } from '../harness/client-tools.mjs';
import { until } from '../harness/deadline.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { callsOf, controlPolls, workerOf } from '../harness/inject.mjs';
import { scenario, streams } from '../harness/simulator.mjs';
import { idle } from '../harness/thread.mjs';
import { writeUnits } from '../harness/write-units.mjs';

const TIMES = 10;

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const READS = ['GetItem', 'Query'];

test('a cancel drops the model stream at the next control poll', async (t) => {
  const client = await reconnecting(t);
  const times = [];
  /** @type {number[]} */
  const polls = [];
  for (let time = 0; time < TIMES; time += 1) {
    const run = await client.prompt('sim:slow');
    await run.firstText();
    const ack = await client.cancel(run);
    const { at } = /** @type {any} */ (client.socket.frames.find(({ text }) => text.includes(ack.id)));
    const dropped = await until('the dropped stream', async () =>
      (await streams(run.id)).find(({ state }) => state === 'dropped'),
    );
    await run.end();
    times.push(dropped.ended - at);
    // The first poll after the ack finds the cancel; another one may start while the stream is being dropped.
    const between = (await controlPolls(run.id)).filter((poll) => poll.at > at && poll.at < dropped.ended);
    polls.push(between.length);
  }
  times.sort((one, other) => one - other);
  const median = (times[TIMES / 2 - 1] + times[TIMES / 2]) / 2;
  t.diagnostic(`median ${median} ms, ${times[0]} to ${times.at(-1)} ms`);
  assert.ok(Math.max(...polls) <= 2, `control polls from the ack to the dropped stream: ${polls.join(', ')}`);
});

test('a run of one step makes at most 8 writes and 4 reads', async (t) => {
  // A long lease, so that it is not renewed during the run, also on a slow machine.
  await reconfigure(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  await (await reconnecting(t)).answer('Hey!');
  const thread = newId('t');
  const client = await reconnecting(t, thread);
  await client.request({ action: 'hello' });
  const since = Date.now();
  await client.answer('Hey!');
  await idle(thread);
  const made = (await callsOf({ since })).filter((call) => ['ingest', 'worker'].includes(call.function ?? ''));
  const count = (/** @type {string[]} */ operations) =>
    made.filter(({ operation }) => operations.includes(operation)).length;
  // An attempt's first read and the control polls are batches; only the first one contains the run's input.
  const first = made.filter(({ operation, body }) => operation === 'BatchGetItem' && body.includes('#IN')).length;
  const [writes, reads, control] = [count(WRITES), count(READS) + first, count(['BatchGetItem']) - first];
  t.diagnostic(made.map((call) => `${call.function} ${call.operation}`).join(', '));
  t.diagnostic(
    `${writes} writes, ${reads} reads, ${control} control polls, ${count(['SendMessage', 'ChangeMessageVisibility'])} calls of the queue`,
  );
  assert.ok(writes <= 8, `${writes} writes`);
  assert.ok(reads <= 4, `${reads} reads`);
});

test('a round with two tools of the client makes at most 20 writes and 15 reads', async (t) => {
  await reconfigure(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  const calls = TOOLS.map(({ name }) => ({ tool: name, input: {} }));
  await scenario('tests-two-client-tools', { steps: [{ blocks: calls }, { blocks: [{ text: 'Done.' }] }] });
  const client = await reconnecting(t, newId('t'));
  const times = [];
  /** @type {import('../harness/inject.mjs').Call[]} */
  let made = [];
  for (let time = 0; time < TIMES; time += 1) {
    const since = Date.now();
    const run = await client.prompt('sim:tests-two-client-tools', { tools: TOOLS });
    const [one, other] = await pendingCalls(run);
    await sendResult(client, run.threadId, one.id, SONG);
    const sent = Date.now();
    const next = await answered(client, run.threadId, other.id, 'Lisbon');
    await next.success();
    const first = client.socket.frames.find(({ text }) => text.includes('RUN_STARTED') && text.includes(next.id));
    times.push(/** @type {any} */ (first).at - sent);
    await idle(run.threadId);
    made = (await callsOf({ since })).filter((call) => ['ingest', 'worker'].includes(call.function ?? ''));
  }
  times.sort((one, other) => one - other);
  t.diagnostic(
    `from the last tool_result to RUN_STARTED: median ${times[TIMES / 2]} ms, ${times[0]} to ${times.at(-1)} ms`,
  );
  const count = (/** @type {string[]} */ operations) =>
    made.filter(({ operation }) => operations.includes(operation)).length;
  const first = made.filter(({ operation, body }) => operation === 'BatchGetItem' && body.includes('#IN')).length;
  const [writes, reads, control] = [count(WRITES), count(READS) + first, count(['BatchGetItem']) - first];
  t.diagnostic(made.map((call) => `${call.function} ${call.operation}`).join(', '));
  t.diagnostic(`${writes} writes, ${reads} reads, ${control} control polls`);
  assert.ok(writes <= 20, `${writes} writes`);
  assert.ok(reads <= 15, `${reads} reads`);
});

test('a 40 s answer of 300 events costs at most 25 write units', async (t) => {
  await reconfigure(t, 'worker', { variables: { LEASE_SECONDS: '45', VISIBILITY_SECONDS: '60' } });
  // One token an event, about four characters.
  const text = Array.from({ length: 300 }, (_, at) => `w${10 + (at % 89)} `).join('');
  await scenario('tests-300-words', { steps: [{ deltas_per_s: 40, blocks: [{ text }] }] });
  await (await reconnecting(t)).answer('Hey!');
  const thread = newId('t');
  const client = await reconnecting(t, thread);
  await client.request({ action: 'hello' });
  const since = Date.now();
  const run = await client.answer('sim:tests-300-words');
  await idle(thread);
  const made = await callsOf({ since, containing: thread });
  const writes = made.filter(({ operation }) => WRITES.includes(operation));
  t.diagnostic(writes.map((call) => `${call.function} ${call.operation} ${writeUnits(call)}`).join(', '));
  // The answer is played faster than in 40 s, in which the lease is renewed twice.
  const renewals = 2;
  const units = writes.reduce((sum, call) => sum + writeUnits(call), renewals);
  t.diagnostic(`${units} write units for ${run.events.length} events`);
  assert.ok(units <= 25, `${units} write units`);
});

test('10,000 events take less than 64 MB of memory', async (t) => {
  // The change also replaces the processes, because Linux reports only the most memory that a process ever had.
  await reconfigure(t, 'worker', { variables: { MAX_STEPS: '9' } });
  const step = (/** @type {number} */ words) => ({
    deltas_per_s: 0,
    blocks: [
      ...Array.from({ length: words }, (_, at) => ({ text: `w${at} ` })),
      { tool: 'get_weather', input: { location: 'Berlin' } },
    ],
  });
  const last = { ttft_ms: 500, blocks: [{ text: 'Done.' }] };
  const most = async (/** @type {string} */ name, /** @type {number} */ words) => {
    await scenario(name, { steps: [step(words), last] });
    const run = await (await reconnecting(t)).prompt(`sim:${name}`);
    await run.complete(120_000);
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${await workerOf(run.id)}/status`, 'utf8'));
    return { events: run.events.length, megabytes: Number(found?.[1]) / 1024 };
  };
  const [few, many] = [await most('tests-few', 3), await most('tests-many-lines', 3350)];
  const figures = [few, many].map(({ events, megabytes }) => `${events} events: ${megabytes.toFixed(1)} MB`);
  t.diagnostic(`peak memory of a worker (debug build): ${figures.join('; ')}`);
  assert.ok(many.megabytes - few.megabytes < 64, figures.join('; '));
});
