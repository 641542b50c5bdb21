// The requests of the tests' client and their times (docs/protocol.md section 5).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs, ClientState } from '../harness/client-state.mjs';

/** @param {number} seq @param {number} [epoch] */
const event = (seq, epoch = 1) => ({
  type: seq === 1 ? 'RUN_STARTED' : 'TEXT_MESSAGE_CONTENT',
  ...(seq === 1 && { threadId: 't' }),
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
});
/** @param {number} seq */
const end = (seq) => ({ ...event(seq), type: 'RUN_FINISHED' });
const start = { action: 'prompt', id: 'q', runId: 'r', prompt: 'Hey!' };
const ack = { type: 'ack', id: 'q', action: 'prompt', threadId: 't', runId: 'r', status: 'queued' };

/** A client that has sent `start` and received these events and responses. @param {...any} received */
function after(...received) {
  const state = new ClientState({ retry: true });
  state.opened(0);
  state.sending(start);
  for (const each of received) state.received(each, 0);
  return state;
}

/** @param {any[]} requests */
const resumes = (requests) =>
  requests.filter(({ action }) => action === 'resume').map(({ runId, after, epoch }) => [runId, after, epoch]);

test('a missing event is resumed after a second, and again after five more', () => {
  const state = after(ack, event(1), event(3));
  assert.deepEqual(state.due(999), []);
  assert.deepEqual(resumes(state.due(1000)), [['r', 1, 1]]);
  assert.deepEqual(state.due(5999), []);
  assert.deepEqual(resumes(state.due(6000)), [['r', 1, 1]]);
  state.received(event(2), 6100);
  assert.deepEqual(state.due(12_000), []);
  assert.equal(state.gaps, 2);
});

test('a missed restart is resumed at once', () => {
  assert.deepEqual(resumes(after(ack, event(1), event(5, 2)).due(0)), [['r', 1, 1]]);
});

test('an unknown run is received from its first event, or resumed from the beginning', () => {
  assert.deepEqual(after(event(1)).due(2000), []);
  assert.deepEqual(resumes(after(event(7)).due(2000)), [['r', 0, 1]]);
});

test('a new connection repeats unanswered starts and resumes unfinished runs', () => {
  assert.deepEqual(after().opened(10), [start]);
  const later = after(ack, event(1), event(2)).opened(10);
  assert.deepEqual(resumes(later), [['r', 2, 1]]);
  assert.deepEqual(
    later.map(({ threadId }) => threadId),
    ['t'],
  );
  assert.deepEqual(after(ack, event(1), end(2)).opened(10), []);
});

test('a later resume of the same run replaces the earlier one', () => {
  const state = after(ack, event(1));
  state.opened(10);
  assert.deepEqual(resumes(state.opened(20)), [['r', 1, 1]]);
});

test('a run whose ack says `duplicate` is resumed if its events do not arrive', () => {
  const again = { ...ack, duplicate: true, status: 'running' };
  assert.deepEqual(resumes(after(again).due(0)), [['r', 0, 1]]);
  assert.deepEqual(after({ ...again, status: 'waiting' }).due(2000), []);
  assert.deepEqual(after(again, event(1), end(2)).due(2000), []);
});

test('a start that was refused for now is repeated by a client that retries', () => {
  const error = { type: 'error', id: 'q', code: 'unavailable', retryable: true, runId: 'r' };
  const state = after(error);
  assert.deepEqual(state.due(999), []);
  assert.deepEqual(state.due(1000), [start]);
  assert.deepEqual(state.due(5000), []);
  assert.deepEqual(after({ ...error, retryAfterMs: 3000 }).due(2999), []);
  assert.deepEqual(after({ ...error, retryable: false }).due(9000), []);
  const other = new ClientState();
  other.sending(start);
  other.received(error, 0);
  assert.deepEqual(other.due(9000), []);
});

test('a request that starts nothing is repeated by a client that retries', () => {
  const history = { action: 'history', id: 'h' };
  const state = new ClientState({ retry: true });
  state.sending(history);
  state.received({ type: 'error', id: 'h', code: 'unavailable', retryable: true }, 0);
  assert.deepEqual(state.due(1000), [history]);
  const unnamed = { action: 'prompt', id: 'p', prompt: 'Hey!' };
  state.sending(unnamed);
  state.received({ type: 'error', id: 'p', code: 'unavailable', retryable: true }, 1000);
  assert.deepEqual(state.due(9000), [], 'it could start a second run');
});

test('an error of API Gateway repeats the unanswered requests', () => {
  assert.deepEqual(after({ message: 'Internal server error', requestId: 'x' }).due(1000), [start]);
});

test('`alive` and `resumed` reveal events that did not arrive', () => {
  assert.deepEqual(resumes(after(ack, event(1), { type: 'alive', runId: 'r', last: 4 }).due(1000)), [['r', 1, 1]]);
  assert.deepEqual(after(ack, event(1), { type: 'alive', runId: 'r', last: 1 }).due(1000), []);
  const resumed = { type: 'resumed', runId: 'r', after: 0, last: 1, status: 'finished' };
  assert.deepEqual(resumes(after(ack, event(1), resumed).due(1000)), [['r', 1, 1]]);
});

test('a silent run is resumed after 40 s', () => {
  const state = after(ack, event(1));
  assert.deepEqual(state.due(39_999), []);
  assert.deepEqual(resumes(state.due(40_000)), [['r', 1, 1]]);
});

test('a run that cannot be resumed is not resumed again', () => {
  const state = after(ack, event(3));
  const [{ id }] = state.due(1000);
  state.received({ type: 'error', id, code: 'resume_expired', retryable: false }, 1100);
  assert.equal(state.resumeError('r'), 'resume_expired');
  assert.deepEqual([...state.due(60_000), ...state.opened(60_000)], []);
});

test('a ping follows four minutes of silence, and the connection is dead ten seconds after an unanswered one', () => {
  const state = after(ack, event(1), end(2));
  assert.deepEqual(
    state.due(240_000).map(({ action }) => action),
    ['ping'],
  );
  assert.deepEqual([state.dead(249_999), state.dead(250_000)], [false, true]);
  state.received({ type: 'pong', t: 240_000 }, 245_000);
  assert.equal(state.dead(300_000), false);
});

test('the delay before reconnecting doubles from half a second to 30 s', () => {
  assert.deepEqual(
    [0, 1, 2, 6, 20].map((tries) => backoffMs(tries, 1)),
    [500, 1000, 2000, 30_000, 30_000],
  );
  assert.equal(backoffMs(3, 0.5), 2000);
});

test('an event of a service is no response and no event of a run, whatever its id and type are', () => {
  const pushed = { specversion: '1.0', id: 'q', source: '/s', type: 'RUN_FINISHED', data: end(2) };
  const state = after(ack, event(1), { type: 'push', id: 'q', event: pushed }, pushed);
  assert.deepEqual(state.pushes, [pushed, pushed]);
  assert.deepEqual(state.responses, [ack]);
  assert.equal(state.runs.get('r')?.ended, false);
});
