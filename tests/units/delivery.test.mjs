// The rules of docs/protocol.md section 5 that the tests' client delivers by.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Delivery } from '../harness/delivery.mjs';

const line = (seq, epoch, more = {}) => ({
  type: 'TEXT_MESSAGE_CONTENT',
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
  ...more,
});
const restart = (seq, epoch, keep) => line(seq, epoch, { type: 'CUSTOM', name: 'lw.restart', value: { keep } });

/** @param {...any} lines */
function taken(...lines) {
  const delivery = new Delivery();
  for (const each of lines) delivery.take(each);
  const numbers = (/** @type {any[]} */ of) => of.map(({ metadata }) => metadata['lw.seq']);
  return { lines: numbers(delivery.lines), voided: numbers(delivery.voided), wanted: delivery.wanted };
}

test('doubles are dropped', () => {
  assert.deepEqual(taken(line(1, 1), line(2, 1), line(1, 1), line(2, 1)), { lines: [1, 2], voided: [], wanted: undefined });
});

test('early lines wait for the missing one', () => {
  assert.deepEqual(taken(line(1, 1), line(4, 1), line(3, 1)), { lines: [1], voided: [], wanted: { after: 1, epoch: 1 } });
  assert.deepEqual(taken(line(1, 1), line(4, 1), line(3, 1), line(2, 1)).lines, [1, 2, 3, 4]);
});

test('a restart voids what came after keep', () => {
  const all = taken(line(1, 1), line(2, 1), line(3, 1), restart(2, 2, 1), line(3, 1), line(3, 2));
  assert.deepEqual(all, { lines: [1, 2, 3], voided: [2, 3], wanted: undefined });
});

test('a restart that was missed is asked for', () => {
  assert.deepEqual(taken(line(1, 1), line(5, 2)), { lines: [1], voided: [], wanted: { after: 1, epoch: 1 } });
  assert.deepEqual(taken(line(1, 1), restart(4, 2, 3)).wanted, { after: 1, epoch: 1 });
});
