// Cancelling a run in each of its states.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow, threadItems } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { calls, dropped, requests, scenario, streams } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

const SLOW_BEGIN = 'The quick river runs past';

/** Opens a connection on a thread of its own. @param {import('node:test').TestContext} t @param {string} [thread] */
const onThread = (t, thread = newId('t')) => connect(t, { query: { thread } });

/** Cancels a run, waits for its end and checks it. @param {Run} run @returns {Promise<any[]>} its messages */
async function cancelled(run) {
  const ack = await run.client.cancel(run);
  assert.deepEqual([ack.type, ack.action, ack.status, ack.runId], ['ack', 'cancel', 'cancelling', run.id]);
  const last = await run.end();
  assert.deepEqual([last.type, last.outcome?.type, last.metadata['lw.reason']], ['RUN_FINISHED', 'cancelled', 'user']);
  const row = await endedRow(run.threadId, run.id);
  assert.deepEqual([row.status, row.reason], ['cancelled', 'user']);
  const messages = await historyMatches(run, 'cancelled');
  const ids = run.of('TOOL_CALL_START').map(({ toolCallId }) => toolCallId);
  assert.deepEqual(
    run.of('TOOL_CALL_RESULT').map(({ toolCallId }) => toolCallId),
    ids,
    'every call has a result',
  );
  await answersNextPrompt(run.client);
  await idle(run.threadId);
  return messages;
}

describe('cancel', { concurrency: 4 }, () => {
  test('before the first token drops the model stream', async (t) => {
    const run = await (await onThread(t)).prompt('sim:stall-first');
    await until('the request to the model', async () => (await streams(run.id)).length === 1);
    await cancelled(run);
    await dropped(run.id);
  });

  test('in the middle of a text keeps the text and marks it', async (t) => {
    const run = await (await onThread(t)).prompt('sim:slow');
    await run.firstText();
    const messages = await cancelled(run);
    await dropped(run.id);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant'],
    );
    assert.ok(SLOW_BEGIN.startsWith(messages[1].content.slice(0, SLOW_BEGIN.length)), messages[1].content);
    const stored = (await threadItems(run.threadId))
      .filter(({ item }) => item.startsWith('MSG#'))
      .map(({ body }) => JSON.parse(body))
      .filter(({ runId }) => runId === undefined || runId === run.id)
      .slice(0, 2);
    assert.deepEqual(
      stored.map(({ cancelled: is }) => is ?? false),
      [false, true],
    );
  });

  test('in the middle of a call’s arguments ends the call and adds a result', async (t) => {
    const note = 'x'.repeat(400);
    const blocks = [{ text: 'Let me look.' }, { tool: 'get_weather', input: { location: 'Berlin', note } }];
    await scenario('tests-slow-call', { steps: [{ deltas_per_s: 10, chars_per_delta: 4, blocks }] });
    const run = await (await onThread(t)).prompt('sim:tests-slow-call');
    await run.event('arguments', ({ type }) => type === 'TOOL_CALL_ARGS');
    await cancelled(run);
    await dropped(run.id);
    assert.deepEqual(
      run.of('TOOL_CALL_RESULT').map(({ metadata }) => metadata['lw.outcome']),
      ['cancelled'],
    );
  });

  test('in the middle of a tool call cancels the call', async (t) => {
    const seen = (await calls('latitude=10&')).length;
    const run = await (await onThread(t)).prompt('sim:slow-tool');
    await until('the tool call', async () => (await calls('latitude=10&')).length > seen);
    await cancelled(run);
    const [call] = (await calls('latitude=10&')).slice(seen);
    assert.equal(call.state, 'dropped');
    assert.deepEqual(
      run.of('TOOL_CALL_RESULT').map(({ metadata }) => metadata['lw.outcome']),
      ['cancelled'],
    );
  });

  test('between two steps keeps the finished step and its result', async (t) => {
    const first = { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] };
    await scenario('tests-pause', { steps: [first, { ttft_ms: 20_000, blocks: [{ text: 'Too late.' }] }] });
    const run = await (await onThread(t)).prompt('sim:tests-pause');
    await run.event('a result', ({ type }) => type === 'TOOL_CALL_RESULT');
    const messages = await cancelled(run);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant', 'tool'],
    );
    assert.deepEqual(
      run.of('TOOL_CALL_RESULT').map(({ metadata }) => metadata['lw.outcome']),
      ['success'],
    );
    assert.equal(run.text, '');
  });

  test('while queued ends the run at once, and a resume gets its two events', async (t) => {
    const client = await onThread(t);
    const active = await client.prompt('sim:slow');
    const queued = await client.prompt('sim:slow');
    const after = await client.prompt('What is my name?');
    const ack = await client.cancel(queued);
    assert.ok(['cancelling', 'cancelled'].includes(ack.status), JSON.stringify(ack));
    const row = await endedRow(queued.threadId, queued.id);
    assert.deepEqual([row.status, row.reason, row.epoch], ['cancelled', 'user', 0]);
    assert.equal((await client.cancel(active)).status, 'cancelling', 'the active run has not ended');
    await active.end();
    await after.success();
    assert.deepEqual(await requests(queued.id), []);
    const seen = client.subscribe(queued);
    const last = await seen.end();
    assert.deepEqual([last.outcome?.type, last.metadata['lw.reason']], ['cancelled', 'user']);
    assert.deepEqual(seen.shape, ['RUN_STARTED', 'RUN_FINISHED']);
    await answersNextPrompt(client);
    await idle(queued.threadId);
  });

  test('after the end is acknowledged with the status and changes nothing', async (t) => {
    const client = await onThread(t);
    const run = await client.answer('Hey!');
    const before = await endedRow(run.threadId, run.id);
    assert.deepEqual((({ type, status }) => [type, status])(await client.cancel(run)), ['ack', 'finished']);
    assert.deepEqual(await endedRow(run.threadId, run.id), before);
    await answersNextPrompt(client);
  });

  test('twice ends the run once', async (t) => {
    const client = await onThread(t);
    const run = await client.prompt('sim:slow');
    await run.firstText();
    const acks = await Promise.all([client.cancel(run), client.cancel(run)]);
    for (const { type } of acks) assert.equal(type, 'ack');
    const last = await run.end();
    assert.equal(last.metadata['lw.reason'], 'user');
    assert.equal((await client.cancel(run)).status, 'cancelled');
    assert.equal(client.socket.frames.filter(({ text }) => text.includes('RUN_FINISHED')).length, 1);
    await answersNextPrompt(client);
  });

  test('from another connection of the same owner is accepted', async (t) => {
    const thread = newId('t');
    const run = await (await onThread(t, thread)).prompt('sim:slow');
    await run.firstText();
    const other = await connect(t);
    assert.equal((await other.cancel(run)).status, 'cancelling');
    assert.equal((await run.end()).metadata['lw.reason'], 'user');
    await answersNextPrompt(run.client);
  });

  test('an unknown run is refused with run_not_found', async (t) => {
    const client = await onThread(t);
    const error = await client.request({ action: 'cancel', threadId: newId('t'), runId: 'r_none' });
    assert.deepEqual([error.type, error.code], ['error', 'run_not_found']);
  });

  test('at the end of the run cancels it or not, as the ack says', async (t) => {
    await scenario('tests-brief', { steps: [{ deltas_per_s: 40, blocks: [{ text: 'a b c d e f g h' }] }] });
    const client = await onThread(t);
    const seen = new Set();
    for (let turn = 0; turn < 12; turn += 1) {
      const run = await client.prompt('sim:tests-brief');
      if (turn % 3 > 0)
        await run.event('the last text', ({ delta = '' }) => delta.includes(turn % 3 === 1 ? 'h' : 'f'));
      else await run.firstText();
      const { status } = await client.cancel(run);
      const last = await run.end();
      assert.deepEqual(
        [status, last.outcome?.type],
        last.outcome?.type === 'cancelled' ? ['cancelling', 'cancelled'] : ['finished', 'success'],
      );
      seen.add(status);
    }
    await answersNextPrompt(client);
    t.diagnostic(`seen: ${[...seen].join(', ')}`);
  });
});
