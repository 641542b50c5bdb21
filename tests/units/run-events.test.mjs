// Exactly-once, ordered delivery in the tests' client (docs/protocol.md section 5).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunEvents } from '../harness/run-events.mjs';

/** @param {number} seq @param {number} epoch @param {object} [more] */
const event = (seq, epoch, more = {}) => ({
  type: 'TEXT_MESSAGE_CONTENT',
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
  ...more,
});
/** @param {number} seq @param {number} epoch @param {number} keep */
const restart = (seq, epoch, keep) => event(seq, epoch, { type: 'CUSTOM', name: 'lw.restart', value: { keep } });

/** @param {...any} events */
function received(...events) {
  const run = new RunEvents();
  for (const each of events) run.add(each);
  const numbers = (/** @type {any[]} */ of) => of.map(({ metadata }) => metadata['lw.seq']);
  return { events: numbers(run.events), discarded: numbers(run.discarded), wanted: run.wanted };
}

test('duplicate events are dropped', () => {
  const all = received(event(1, 1), event(2, 1), event(1, 1), event(2, 1));
  assert.deepEqual(all, { events: [1, 2], discarded: [], wanted: undefined });
});

test('early events are buffered until the missing one arrives', () => {
  const incomplete = received(event(1, 1), event(4, 1), event(3, 1));
  assert.deepEqual(incomplete, { events: [1], discarded: [], wanted: { after: 1, epoch: 1 } });
  assert.deepEqual(received(event(1, 1), event(4, 1), event(3, 1), event(2, 1)).events, [1, 2, 3, 4]);
});

test('a restart discards the events after `keep`', () => {
  const all = received(event(1, 1), event(2, 1), event(3, 1), restart(2, 2, 1), event(3, 1), event(3, 2));
  assert.deepEqual(all, { events: [1, 2, 3], discarded: [2, 3], wanted: undefined });
});

test('a restart that was missed leads to a resume', () => {
  assert.deepEqual(received(event(1, 1), event(5, 2)), { events: [1], discarded: [], wanted: { after: 1, epoch: 1 } });
  assert.deepEqual(received(event(1, 1), restart(4, 2, 3)).wanted, { after: 1, epoch: 1 });
});
