// People who go away: what stops, what is kept, what goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../conformance/agui.mjs';
import { read } from '../conformance/reading.mjs';
import { connectionRow, deadLetters, endedRow, loggedLines, queueEmpty, threadItems } from '../harness/aws.mjs';
import { connect, fresh } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { Run } from '../harness/run.mjs';
import { calls, dropped, requests, streams } from '../harness/simulator.mjs';
import { controlReads } from '../harness/spoil.mjs';

const SLOW_BEGIN = 'The quick river runs past';

/** A client on a thread of its own. @param {any} t */
async function onThread(t, thread = fresh('t')) {
  return connect(t, { query: { thread } });
}

/** The run's connection is gone, and so is everything it caused. @param {Run} run */
async function cleanedUp(run) {
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  assert.equal(row.epoch, 1, 'no second attempt');
  await queueEmpty();
  assert.equal(await deadLetters(), 0);
}

/** What a watcher would have seen: nothing is left open, nothing unanswered. @param {Run} run */
async function closed(run) {
  const lines = await loggedLines(run.threadId, run.id);
  const { complaints, outcomes, messages } = await judge([lines]);
  assert.deepEqual([complaints, outcomes], [[], ['cancelled']]);
  assert.equal(lines.at(-1).metadata['lw.reason'], 'client_gone');
  assert.deepEqual(messages, read(lines));
  return messages;
}

/** Comes back to the thread, looks at its history, and goes on. @param {any} t @param {Run} run */
async function comeBack(t, run) {
  const later = await onThread(t, run.threadId);
  const { messages } = await later.history();
  assert.equal((await (await later.prompt('Hey!')).success()).text, 'Hello! How can I help you today?');
  return messages;
}

test('gone in the middle of a text', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:slow');
  await run.words();
  client.socket.vanish();
  await dropped(run.id);
  await cleanedUp(run);
  const stored = (await threadItems(run.threadId)).filter(({ item }) => item.startsWith('MSG#'));
  assert.deepEqual(stored.map(({ body }) => JSON.parse(body).cancelled ?? false), [false, true], 'the text so far is marked');
  const messages = await comeBack(t, run);
  assert.deepEqual(messages.map((/** @type {any} */ { role }) => role), ['user', 'assistant']);
  assert.ok(messages[1].content !== '' && SLOW_BEGIN.startsWith(messages[1].content.slice(0, SLOW_BEGIN.length)), messages[1].content);
  assert.deepEqual(await closed(run), messages);
  assert.equal((await requests(run.id)).length, 1);
});

test('gone before the first word', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:stall-first');
  await until('the model is asked', async () => (await streams(run.id)).length === 1);
  client.socket.vanish();
  await dropped(run.id);
  await cleanedUp(run);
  await comeBack(t, run);
});

test('a disconnect in the middle of a tool call cancels the call at the next control poll', async (t) => {
  const client = await onThread(t);
  const { connectionId } = await client.ask({ action: 'hello' });
  const before = (await calls('latitude=10&')).length;
  const run = await client.prompt('sim:slow-tool');
  const slow = await until('the tool runs', async () => (await calls('latitude=10&'))[before]);
  assert.equal(slow.state, 'running');
  client.socket.vanish();
  await until('the disconnect function has returned', async () => !(await connectionRow(connectionId)));
  const gone = Date.now();
  const { ended } = await until('the tool is cancelled', async () => {
    const call = (await calls('latitude=10&'))[before];
    return call.state === 'dropped' && call;
  });
  t.diagnostic(`cancelled after ${ended - gone} ms`);
  // The first read after the disconnect finds it; another one may begin while the call is being stopped.
  const reads = (await controlReads(run.id)).filter(({ at }) => at > gone && at < ended);
  assert.ok(reads.length <= 2, `${reads.length} control reads between the disconnect and the cancelled call`);
  await cleanedUp(run);
  const results = (await loggedLines(run.threadId, run.id)).filter(({ type }) => type === 'TOOL_CALL_RESULT');
  assert.deepEqual(results.map(({ metadata }) => metadata['lw.outcome']), ['cancelled']);
  await closed(run);
  const messages = await comeBack(t, run);
  const [call] = messages.flatMap((/** @type {any} */ { toolCalls = [] }) => toolCalls);
  assert.ok(messages.some((/** @type {any} */ { toolCallId }) => toolCallId === call.id), 'the call is answered');
});

test('gone while the run waits in line: it is cancelled, the line moves on', async (t) => {
  const stays = await onThread(t);
  const first = await stays.prompt('sim:steady', { threadId: fresh('t') });
  const leaves = await connect(t);
  const waits = await leaves.prompt('sim:slow', { threadId: first.threadId });
  const after = await stays.prompt('Hey!', { threadId: first.threadId });
  leaves.socket.vanish();
  await first.success();
  await after.success();
  const row = await endedRow(first.threadId, waits.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
});

test('one of two watchers gone: the other gets everything', async (t) => {
  const thread = fresh('t');
  const [stays, leaves] = [await onThread(t, thread), await onThread(t, thread)];
  const run = await leaves.prompt('sim:steady');
  await run.words();
  leaves.socket.vanish();
  const seen = new Run(stays, run.ack, run.prompt);
  await seen.success();
  assert.equal(seen.text.split(' ').length, 60);
});

test('onGone finish: the run completes unattended', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'finish' } });
  await run.words();
  client.socket.vanish();
  assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
  const messages = await comeBack(t, run);
  assert.equal(messages[1].content.split(' ').length, 60);
  assert.match(messages[1].content, /end\.$/);
});

test('onGone grace: the run goes on that long, and not longer', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:slow', { options: { onGone: 'grace:3' } });
  await run.words();
  client.socket.vanish();
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'client_gone']);
  const [stream] = await streams(run.id);
  const lasted = stream.ended / 1000 - row.goneSince;
  // The row counts whole seconds.
  assert.ok(lasted >= 2 && lasted <= 7, `${lasted} s`);
});

test('onGone grace: a run that ends meanwhile is finished', async (t) => {
  const client = await onThread(t);
  const run = await client.prompt('sim:steady', { options: { onGone: 'grace:60' } });
  await run.words();
  client.socket.vanish();
  assert.equal((await endedRow(run.threadId, run.id)).status, 'finished');
});

test('nothing is left in the queues', async () => {
  await queueEmpty();
  assert.equal(await deadLetters(), 0);
});
