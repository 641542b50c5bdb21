// Texts that a user sends to a run while it is unfinished.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { Run } from '../harness/run.mjs';
import { endlessReply, requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, conforms, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** Most texts that may wait for a run. */
const MOST_WAITING = 5;

/** Opens a connection on a thread of its own. @param {import('node:test').TestContext} t @param {string} [thread] */
const onThread = (t, thread = newId('t')) => connect(t, { query: { thread } });

/**
 * Sends a text to a run and returns the response.
 * @param {Run} run
 * @param {string} text
 * @param {Record<string, any>} [more]
 */
function steer(run, text, more = {}) {
  return run.client.request({ action: 'steer', threadId: run.threadId, runId: run.id, text, ...more });
}

/** Sends a text to an unfinished run. @param {Run} run @param {string} text @param {string} [messageId] */
async function accepted(run, text, messageId = newId('s')) {
  const ack = await steer(run, text, { messageId });
  const { type, action, status, runId, messageId: id, duplicate } = ack;
  assert.deepEqual(
    [type, action, status, runId, id, duplicate],
    ['ack', 'steer', 'accepted', run.id, messageId, undefined],
    JSON.stringify(ack),
  );
  return messageId;
}

/** Texts that a run took in, as its events tell. @param {Run} run */
const takenIn = (run) => run.events.filter(({ name }) => name === 'lw.steered').map(({ value }) => value);

/** Roles and contents of the thread's messages; those of tools and calls without their contents. @param {Run} run */
async function messagesOf(run) {
  const { messages } = await run.client.history({ threadId: run.threadId });
  return messages.map((/** @type {any} */ { role, content }) => (role === 'user' ? `user: ${content}` : role));
}

/** Kinds and texts of the last turn of a request to the model. @param {any} request */
function lastTurn({ body }) {
  const { role, content } = body.messages.at(-1);
  assert.equal(role, 'user');
  const parts = content.filter((/** @type {any} */ block) => !block.cachePoint);
  return parts.map((/** @type {any} */ block) => block.text ?? Object.keys(block)[0]);
}

describe('steer', { concurrency: 6 }, () => {
  test('during a tool call adds the text after its result, for each client', async (t) => {
    const client = await onThread(t);
    const run = await client.prompt('sim:slow-tool');
    await run.event('the call', ({ type }) => type === 'TOOL_CALL_END');
    const other = (await onThread(t, run.threadId)).subscribe(run);
    const messageId = await accepted(run, 'Hey!');
    await run.success();
    await other.success();
    const [, second, ...more] = await requests(run.id);
    assert.deepEqual([lastTurn(second), more], [['toolResult', 'Hey!'], []]);
    for (const seen of [run, other]) assert.deepEqual(takenIn(seen), [{ messageId, text: 'Hey!' }]);
    assert.equal(run.text, 'Hello! How can I help you today?');
    assert.deepEqual(await messagesOf(run), ['user: sim:slow-tool', 'assistant', 'tool', 'user: Hey!', 'assistant']);
    await conforms(run);
  });

  test('during the answer leads to another step', async (t) => {
    await scenario('tests-steered-answer', { steps: [{ deltas_per_s: 10, blocks: [{ text: 'word '.repeat(80) }] }] });
    const run = await (await onThread(t)).prompt('sim:tests-steered-answer');
    await run.firstText();
    const messageId = await accepted(run, 'Hey!');
    await run.success();
    assert.deepEqual(takenIn(run), [{ messageId, text: 'Hey!' }]);
    assert.deepEqual(
      run.of('STEP_FINISHED').map(({ metadata }) => metadata['lw.stopReason']),
      ['end_turn', 'end_turn'],
    );
    assert.match(run.text, /^(word ){80}Hello! How can I help you today\?$/);
    assert.deepEqual(await messagesOf(run), ['user: sim:tests-steered-answer', 'assistant', 'user: Hey!', 'assistant']);
    await conforms(run);
    await answersNextPrompt(run.client);
  });

  test('is not in the history of the running run', async (t) => {
    const endless = { deltas_per_s: 1, blocks: [{ text: 'word '.repeat(600) }] };
    const steps = [{ blocks: [{ tool: 'get_weather', input: { location: 'Rome' } }] }, endless];
    await scenario('tests-steered-steps', { steps });
    const run = await (await onThread(t)).prompt('sim:slow-tool');
    await run.event('the call', ({ type }) => type === 'TOOL_CALL_END');
    await accepted(run, 'sim:tests-steered-steps');
    await run.firstText();
    assert.equal(takenIn(run).length, 1);
    assert.deepEqual(await messagesOf(run), ['user: sim:slow-tool']);
    await run.client.cancel(run);
    await run.end();
    assert.deepEqual(await messagesOf(run), [
      'user: sim:slow-tool',
      'assistant',
      'tool',
      'user: sim:tests-steered-steps',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  test('after the end of the run is a prompt, however often it is sent', async (t) => {
    const client = await onThread(t);
    const run = await (await client.prompt('Hey!')).success();
    const messageId = newId('s');
    const ack = await steer(run, 'My name is Ada.', { messageId });
    assert.deepEqual([ack.type, ack.action, ack.messageId], ['ack', 'steer', messageId], JSON.stringify(ack));
    assert.notEqual(ack.runId, run.id);
    const next = await new Run(client, ack).success();
    const again = await steer(run, 'My name is Ada.', { messageId });
    assert.deepEqual([again.runId, again.status, again.duplicate], [ack.runId, 'finished', true]);
    assert.deepEqual(await messagesOf(next), ['user: Hey!', 'assistant', 'user: My name is Ada.', 'assistant']);
    const unnamed = await steer(run, 'What is my name?');
    assert.equal((await new Run(client, unnamed).success()).text, 'Your name is Ada.');
  });

  test('accepts a repeated text once and five at most, which a cancellation makes messages', async (t) => {
    const client = await onThread(t);
    const prompt = await endlessReply();
    const run = await client.prompt(prompt);
    await run.firstText();
    /** @type {string[]} */
    const ids = [];
    for (let number = 1; number <= MOST_WAITING; number += 1) ids.push(await accepted(run, `text ${number}`));
    const full = await steer(run, 'text 6', { messageId: newId('s') });
    assert.deepEqual([full.type, full.code, full.retryable, full.runId], ['error', 'rate_limited', true, run.id]);
    const again = await steer(run, 'text 3', { messageId: ids[2] });
    assert.deepEqual([again.status, again.messageId, again.duplicate], ['accepted', ids[2], true]);

    assert.equal((await client.cancel(run)).status, 'cancelling');
    assert.deepEqual((await run.end()).outcome, { type: 'cancelled' });
    assert.deepEqual(takenIn(run), []);
    const texts = ids.map((_, at) => `user: text ${at + 1}`);
    assert.deepEqual(await messagesOf(run), [`user: ${prompt}`, 'assistant', ...texts]);
    const repeated = await steer(run, 'text 3', { messageId: ids[2] });
    assert.deepEqual([repeated.status, repeated.runId, repeated.duplicate], ['accepted', run.id, true]);
    await idle(run.threadId);
    assert.deepEqual([...client.runs.keys()], [run.id], 'a text of a cancelled run starts nothing');

    const next = await (await client.prompt('Hey!')).success();
    const [request] = await requests(next.id);
    assert.deepEqual(lastTurn(request).slice(-6), [...ids.map((_, at) => `text ${at + 1}`), 'Hey!']);
  });

  test('of a queued run follows its prompt, and is left out with it when the run is cancelled', async (t) => {
    const client = await onThread(t);
    const first = await client.prompt(await endlessReply());
    await first.firstText();
    const [second, third] = [await client.prompt('My name is Ada.'), await client.prompt('Never.')];
    await accepted(second, 'What is my name?');
    await accepted(third, 'Never either.');
    assert.equal((await client.cancel(third)).status, 'cancelled');
    await client.cancel(first);
    await second.success();
    const [request] = await requests(second.id);
    assert.deepEqual(lastTurn(request).slice(-2), ['My name is Ada.', 'What is my name?']);
    assert.equal(takenIn(second).length, 1);
    await idle(first.threadId);
    assert.deepEqual((await messagesOf(second)).slice(-3), [
      'user: My name is Ada.',
      'user: What is my name?',
      'assistant',
    ]);
  });

  test('names a run of the thread and a text within the limits', async (t) => {
    const client = await onThread(t);
    const run = await (await client.prompt('Hey!')).success();
    for (const [fields, code] of /** @type {[Record<string, any>, string][]} */ ([
      [{ runId: newId('r') }, 'run_not_found'],
      [{ threadId: newId('t') }, 'run_not_found'],
      [{ text: 'x'.repeat(8193) }, 'payload_too_large'],
      [{ text: ' ' }, 'invalid_message'],
      [{ runId: undefined }, 'invalid_message'],
      [{ messageId: run.ack.messageId }, 'invalid_message'],
    ])) {
      const refused = await steer(run, 'Hey!', { messageId: run.ack.messageId, ...fields });
      assert.deepEqual([refused.type, refused.code], ['error', code], JSON.stringify([fields, refused]));
    }
    assert.deepEqual(await messagesOf(run), ['user: Hey!', 'assistant']);
  });
});
