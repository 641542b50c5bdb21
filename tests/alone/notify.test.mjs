// Crashes and faults while the event about a run is put on the event bus.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { purgeDeadLetters, queueEmpty } from '../harness/aws.mjs';
import { connect, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { callsOf, inject, workerOf } from '../harness/inject.mjs';
import { EVENT_MS, Listener } from '../harness/notify.mjs';
import { kill } from '../harness/processes.mjs';

const CONTENT = { options: { notify: { content: true } } };

/** Lets calls of the function that concern a run fail. @param {import('node:test').TestContext} t @param {any} fault */
function fault(t, fault) {
  return inject(t, { operation: 'PutEvents', function: 'notify', ...fault });
}

test('a bus that fails and accepts nothing for a moment gets the event once', async (t) => {
  const listener = await Listener.of(t);
  const client = await connect(t);
  const failing = await fault(t, { effect: 'fail', times: 2 });
  const rejecting = await fault(t, { effect: 'reject', times: 2 });
  const run = await (await client.prompt('Hey!', CONTENT)).success();
  const event = await listener.event(run.id);
  assert.equal(event.data.content, run.text);
  await failing.matched(EVENT_MS, 2);
  await rejecting.matched(EVENT_MS, 2);
});

test('an event whose response is lost is repeated with the same id', async (t) => {
  const listener = await Listener.of(t);
  const client = await connect(t);
  await fault(t, { effect: 'lose' });
  const run = await (await client.prompt('Hey!', CONTENT)).success();
  await listener.event(run.id, 2);
  const [first, second] = await listener.events(run.id);
  assert.deepEqual(second, first);
});

test('a table that fails for a moment costs neither the event nor the answer', async (t) => {
  const listener = await Listener.of(t);
  const client = await connect(t);
  const table = await fault(t, { effect: 'fail', operation: ['Query', 'GetItem'], times: 3 });
  const run = await (await client.prompt('Hey!', CONTENT)).success();
  assert.equal((await listener.event(run.id)).data.content, run.text);
  await table.matched();
});

test('a crash of the function before the event is put costs no event', async (t) => {
  const listener = await Listener.of(t);
  const client = await connect(t);
  const held = await fault(t, { effect: 'hold' });
  const run = await (await client.prompt('Hey!', CONTENT)).success();
  await held.matched(EVENT_MS);
  const caller = await until('the process of the function', async () => {
    const calls = await callsOf({ function: 'notify', operation: 'PutEvents', containing: run.id });
    return calls.at(-1)?.pid;
  });
  await kill(caller);
  await held.remove();
  assert.equal((await listener.event(run.id)).data.content, run.text);
});

test('a run that is given up after crashes is an event', async (t) => {
  const listener = await Listener.of(t);
  const client = await reconnecting(t);
  const run = await client.prompt('sim:slow', { options: { ...CONTENT.options, onGone: 'grace:60' } });
  /** @type {number[]} */
  const killed = [];
  for (let crash = 1; crash <= 3; crash += 1) {
    await until('text', () => run.received.epoch === crash && run.of('TEXT_MESSAGE_CONTENT').length > 0, EVENT_MS);
    const pid = await workerOf(run.id, killed);
    killed.push(pid);
    await kill(pid);
  }
  const { type, data } = await listener.event(run.id);
  assert.deepEqual([type, data.status, data.code], ['longwire.run.failed', 'failed', 'worker_lost']);
  await run.end(EVENT_MS);
  await queueEmpty(EVENT_MS);
  await purgeDeadLetters();
});
