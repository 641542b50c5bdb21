// Clients that disconnect: which runs are cancelled, which go on, and what is stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import { messagesOf } from '../conformance/messages.mjs';
import {
  connectionRow,
  deadLetters,
  endedRow,
  loggedEvents,
  queueEmpty,
  redeliver,
  setAttribute,
  threadItems,
} from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { controlPolls, inject } from '../harness/inject.mjs';
import { Run } from '../harness/run.mjs';
import { calls, dropped, requests, streams } from '../harness/simulator.mjs';

const SLOW_BEGIN = 'The quick river runs past';

/** Opens a connection on a thread of its own. @param {import('node:test').TestContext} t @param {string} [thread] */
async function onThread(t, thread = newId('t')) {
  return connect(t, { query: { thread } });
}

/** Checks that the run was cancelled and that no message is left. @param {Run} run */
async function cleanedUp(run) {
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  assert.equal(row.epoch, 1, 'no second attempt');
  await queueEmpty();
  assert.equal(await deadLetters(), 0);
}

/** Checks that the event log is complete: no open message, no call without a result. @param {Run} run */
async function logComplete(run) {
  const events = await loggedEvents(run.threadId, run.id);
  const { violations, outcomes, messages } = await validate([events]);
  assert.deepEqual([violations, outcomes], [[], ['cancelled']]);
  assert.equal(events.at(-1).metadata['lw.reason'], 'client_gone');
  assert.deepEqual(messages, messagesOf(events));
  return messages;
}

/**
 * Reads the history on a new connection and checks that the next prompt is answered.
 * @param {import('node:test').TestContext} t
 * @param {Run} run
 */
async function comeBack(t, run) {
  const later = await onThread(t, run.threadId);
  const { messages } = await later.history();
  assert.equal((await (await later.prompt('Hey!')).success()).text, 'Hello! How can I help you today?');
  return messages;
}

test('a disconnect in the middle of a text cancels the run and keeps the text', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:slow');
  await run.firstText();
  client.socket.terminate();
  await dropped(run.id);
  await cleanedUp(run);
  const stored = (await threadItems(run.threadId)).filter(({ item }) => item.startsWith('MSG#'));
  assert.deepEqual(
    stored.map(({ body }) => JSON.parse(body).cancelled ?? false),
    [false, true],
    'the incomplete text is marked',
  );
  const messages = await comeBack(t, run);
  assert.deepEqual(
    messages.map((/** @type {any} */ { role }) => role),
    ['user', 'assistant'],
  );
  assert.ok(
    messages[1].content !== '' && SLOW_BEGIN.startsWith(messages[1].content.slice(0, SLOW_BEGIN.length)),
    messages[1].content,
  );
  assert.deepEqual(await logComplete(run), messages);
  assert.equal((await requests(run.id)).length, 1);
});

test('a disconnect before the first token cancels the run', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:stall-first');
  await until('the request to the model', async () => (await streams(run.id)).length === 1);
  client.socket.terminate();
  await dropped(run.id);
  await cleanedUp(run);
  await comeBack(t, run);
});

test('a disconnect in the middle of a tool call cancels the call at the next control poll', async (t) => {
  const client = await onThread(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const before = (await calls('latitude=10&')).length;
  const run = await client.prompt('sim:slow-tool');
  const slow = await until('the tool call', async () => (await calls('latitude=10&'))[before]);
  assert.equal(slow.state, 'running');
  client.socket.terminate();
  await until('the end of the disconnect function', async () => !(await connectionRow(connectionId)));
  const gone = Date.now();
  const { ended } = await until('the cancelled tool call', async () => {
    const call = (await calls('latitude=10&'))[before];
    return call.state === 'dropped' && call;
  });
  t.diagnostic(`cancelled after ${ended - gone} ms`);
  // The first poll after the disconnect finds it; another one may start while the call is being cancelled.
  const polls = (await controlPolls(run.id)).filter(({ at }) => at > gone && at < ended);
  assert.ok(polls.length <= 2, `${polls.length} control polls between the disconnect and the cancelled call`);
  await cleanedUp(run);
  const results = (await loggedEvents(run.threadId, run.id)).filter(({ type }) => type === 'TOOL_CALL_RESULT');
  assert.deepEqual(
    results.map(({ metadata }) => metadata['lw.outcome']),
    ['cancelled'],
  );
  await logComplete(run);
  const messages = await comeBack(t, run);
  const [call] = messages.flatMap((/** @type {any} */ { toolCalls = [] }) => toolCalls);
  assert.ok(
    messages.some((/** @type {any} */ { toolCallId }) => toolCallId === call.id),
    'the call has a result',
  );
});

test('a disconnect cancels a queued run, and the queue advances', async (t) => {
  const client = await onThread(t);
  const first = await client.prompt('sim:steady', { threadId: newId('t') });
  const other = await connect(t);
  const queued = await other.prompt('sim:slow', { threadId: first.threadId });
  const after = await client.prompt('Hey!', { threadId: first.threadId });
  other.socket.terminate();
  await first.success();
  await after.success();
  const row = await endedRow(first.threadId, queued.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
});

test('a disconnect of one of two subscribers does not affect the other', async (t) => {
  const thread = newId('t');
  const [client, other] = [await onThread(t, thread), await onThread(t, thread)];
  const run = await other.prompt('sim:steady');
  await run.firstText();
  other.socket.terminate();
  const seen = new Run(client, run.ack, run.prompt);
  await seen.success();
  assert.equal(seen.text.split(' ').length, 60);
});

test('a run with onGone finish completes without subscribers', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'finish' } });
  await run.firstText();
  client.socket.terminate();
  assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
  const messages = await comeBack(t, run);
  assert.equal(messages[1].content.split(' ').length, 60);
  assert.match(messages[1].content, /end\.$/);
});

test('a run with onGone grace is cancelled after the grace period', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:slow', { options: { onGone: 'grace:3' } });
  await run.firstText();
  client.socket.terminate();
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  const [stream] = await streams(run.id);
  const lasted = stream.ended / 1000 - row.goneSince;
  // The row counts whole seconds.
  assert.ok(lasted >= 2 && lasted <= 7, `${lasted} s`);
});

test('a run with onGone grace that ends within the grace period is finished', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.firstText();
  client.socket.terminate();
  assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
});

test('no message is left in the queues', async () => {
  await queueEmpty();
  assert.equal(await deadLetters(), 0);
});

test('a run that waited while its client left is cancelled without a model call', async (t) => {
  const client = await onThread(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const runId = newId('r');
  await inject(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', containing: runId });
  const run = await client.prompt('Hey!', { runId });
  client.socket.terminate();
  await until('the end of the connection', async () => (await connectionRow(connectionId)) === undefined);
  // As if it had waited in the queue for a minute.
  await setAttribute(run.threadId, runId, 'recordedAt', Date.now() - 60_000);
  await redeliver(run.threadId, runId);
  await cleanedUp(run);
  assert.equal((await requests(runId)).length, 0, 'model calls');
});
