// What the tests' client says, and when (docs/protocol.md section 5).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs, Book } from '../harness/book.mjs';

const line = (seq, epoch = 1) => ({
  type: seq === 1 ? 'RUN_STARTED' : 'TEXT_MESSAGE_CONTENT',
  ...(seq === 1 && { threadId: 't' }),
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
});
const end = (seq) => ({ ...line(seq), type: 'RUN_FINISHED' });
const start = { action: 'prompt', id: 'q', runId: 'r', prompt: 'Hey!' };
const ack = { type: 'ack', id: 'q', action: 'prompt', threadId: 't', runId: 'r', status: 'queued' };

/** @param {...any} heard */
function book(...heard) {
  const made = new Book('until answered');
  made.opened(0);
  made.sends(start);
  for (const each of heard) made.hears(each, 0);
  return made;
}

/** @param {any[]} said */
const resumes = (said) => said.filter(({ action }) => action === 'resume').map(({ runId, after, epoch }) => [runId, after, epoch]);

test('a missing line is waited for, then asked for, and asked for again when nothing comes', () => {
  const made = book(ack, line(1), line(3));
  assert.deepEqual(made.due(999), []);
  assert.deepEqual(resumes(made.due(1000)), [['r', 1, 1]]);
  assert.deepEqual(made.due(5999), []);
  assert.deepEqual(resumes(made.due(6000)), [['r', 1, 1]]);
  made.hears(line(2), 6100);
  assert.deepEqual(made.due(12_000), []);
  assert.equal(made.gaps, 2);
});

test('a restart that was missed is asked for at once', () => {
  assert.deepEqual(resumes(book(ack, line(1), line(5, 2)).due(0)), [['r', 1, 1]]);
});

test('an unknown run is opened by its first line, or asked for from the beginning', () => {
  assert.deepEqual(book(line(1)).due(2000), []);
  assert.deepEqual(resumes(book(line(7)).due(2000)), [['r', 0, 1]]);
});

test('on a new connection unanswered starts are repeated and unfinished runs resumed', () => {
  assert.deepEqual(book().opened(10), [start]);
  const later = book(ack, line(1), line(2)).opened(10);
  assert.deepEqual(resumes(later), [['r', 2, 1]]);
  assert.deepEqual(later.map(({ threadId }) => threadId), ['t']);
  assert.deepEqual(book(ack, line(1), end(2)).opened(10), []);
});

test('of two resumptions only the later one stays open', () => {
  const made = book(ack, line(1));
  made.opened(10);
  assert.deepEqual(resumes(made.opened(20)), [['r', 1, 1]]);
});

test('a start that was answered as a duplicate is resumed when its lines did not come', () => {
  const again = { ...ack, duplicate: true, status: 'running' };
  assert.deepEqual(resumes(book(again).due(0)), [['r', 0, 1]]);
  assert.deepEqual(book({ ...again, status: 'waiting' }).due(2000), []);
  assert.deepEqual(book(again, line(1), end(2)).due(2000), []);
});

test('a start that was refused for now is repeated, by those who stay', () => {
  const refusal = { type: 'error', id: 'q', code: 'unavailable', retryable: true, runId: 'r' };
  const made = book(refusal);
  assert.deepEqual(made.due(999), []);
  assert.deepEqual(made.due(1000), [start]);
  assert.deepEqual(made.due(5000), []);
  assert.deepEqual(book({ ...refusal, retryAfterMs: 3000 }).due(2999), []);
  assert.deepEqual(book({ ...refusal, retryable: false }).due(9000), []);
  const leaves = new Book('once');
  leaves.sends(start);
  leaves.hears(refusal, 0);
  assert.deepEqual(leaves.due(9000), []);
});

test('words of the gateway itself repeat what was not answered', () => {
  assert.deepEqual(book({ message: 'Internal server error', requestId: 'x' }).due(1000), [start]);
});

test('`alive` and `resumed` tell of lines that did not come', () => {
  assert.deepEqual(resumes(book(ack, line(1), { type: 'alive', runId: 'r', last: 4 }).due(1000)), [['r', 1, 1]]);
  assert.deepEqual(book(ack, line(1), { type: 'alive', runId: 'r', last: 1 }).due(1000), []);
  const resumed = { type: 'resumed', runId: 'r', after: 0, last: 1, status: 'finished' };
  assert.deepEqual(resumes(book(ack, line(1), resumed).due(1000)), [['r', 1, 1]]);
});

test('a silent run is asked for after 40 s', () => {
  const made = book(ack, line(1));
  assert.deepEqual(made.due(39_999), []);
  assert.deepEqual(resumes(made.due(40_000)), [['r', 1, 1]]);
});

test('what is over is not asked for again', () => {
  const made = book(ack, line(3));
  const [{ id }] = made.due(1000);
  made.hears({ type: 'error', id, code: 'resume_expired', retryable: false }, 1100);
  assert.equal(made.over('r'), 'resume_expired');
  assert.deepEqual([...made.due(60_000), ...made.opened(60_000)], []);
});

test('four minutes of silence are a ping, and ten seconds without an answer the end of the connection', () => {
  const made = book(ack, line(1), end(2));
  assert.deepEqual(made.due(240_000).map(({ action }) => action), ['ping']);
  assert.deepEqual([made.dead(249_999), made.dead(250_000)], [false, true]);
  made.hears({ type: 'pong', t: 240_000 }, 245_000);
  assert.equal(made.dead(300_000), false);
});

test('tries to connect are half a second apart, then twice as long, 30 s at most', () => {
  assert.deepEqual([0, 1, 2, 6, 20].map((tries) => backoffMs(tries, 1)), [500, 1000, 2000, 30_000, 30_000]);
  assert.equal(backoffMs(3, 0.5), 2000);
});
