// Unusual replies of models, played as events of the stream.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { RETURNS_REASONING } from '../harness/model.mjs';
import { requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches } from '../harness/thread.mjs';

/** @typedef {[string, any]} Event */

const START = /** @type {Event} */ (['messageStart', { role: 'assistant' }]);
const USAGE = { inputTokens: 12, outputTokens: 3, totalTokens: 15 };
const METADATA = /** @type {Event} */ (['metadata', { usage: USAGE, metrics: { latencyMs: 7 } }]);

/** @param {number} index @param {any} delta @returns {Event} */
const delta = (index, delta) => ['contentBlockDelta', { contentBlockIndex: index, delta }];
/** @param {number} index @returns {Event} */
const end = (index) => ['contentBlockStop', { contentBlockIndex: index }];
/** @param {string} reason @returns {Event} */
const stop = (reason) => ['messageStop', { stopReason: reason }];
/** @param {number} index @param {string} text @returns {Event[]} */
const text = (index, text) => [delta(index, { text }), end(index)];

/** @param {number} index @param {string} input @param {string} [name] @returns {Event[]} */
function call(index, input, name = 'get_weather') {
  const toolUse = { toolUseId: `tooluse_${newId('c')}`, name };
  return [
    ['contentBlockStart', { contentBlockIndex: index, start: { toolUse } }],
    delta(index, { toolUse: { input } }),
    end(index),
  ];
}

const ANSWER = { events: [START, ...text(0, 'Done.'), stop('end_turn'), METADATA] };

/**
 * Plays one reply and then an answer, in a thread of its own.
 * @param {import('node:test').TestContext} t
 * @param {Event[]} events
 * @param {object} [more] fields of the scenario
 */
async function play(t, events, more = {}) {
  const name = newId('tests-reply');
  await scenario(name, { steps: [{ events }, ANSWER], repeat: true, ...more });
  const client = await connect(t, { query: { thread: newId('t') } });
  return client.prompt(`sim:${name}`);
}

/** Replies for which a run must call the weather service once and go on. @type {[string, Event[]][]} */
const CALLS = [
  ['a call that ends the turn', [START, ...call(0, '{"location":"Oslo"}'), stop('end_turn'), METADATA]],
  ['a call before a stop sequence', [START, ...call(0, '{"location":"Oslo"}'), stop('stop_sequence'), METADATA]],
  [
    'arguments after the end of their call',
    [START, ...call(0, '{"location":"Oslo"}'), delta(0, { toolUse: { input: '}' } }), stop('tool_use'), METADATA],
  ],
  [
    'arguments in an order and with blanks of their own',
    [START, ...call(0, '{"location": "Oslo"}'), stop('tool_use'), METADATA],
  ],
  [
    'text after a call',
    [START, ...call(0, '{"location":"Oslo"}'), ...text(1, 'One moment.'), stop('tool_use'), METADATA],
  ],
];

describe('replies', { concurrency: 4 }, () => {
  for (const [name, events] of CALLS) {
    test(`${name}: the call is made, and the history is what was streamed`, async (t) => {
      const run = await (await play(t, events)).success();
      const [result] = run.of('TOOL_CALL_RESULT');
      assert.match(result.content, /Oslo/);
      assert.equal(run.of('TOOL_CALL_RESULT').length, 1);
      await historyMatches(run);
      await answersNextPrompt(run.client);
    });
  }

  test('a call whose start came within its first delta is an error that says so', async (t) => {
    const input = { toolUseId: 'tooluse_1', name: 'get_weather', input: '{"location":"Oslo"}' };
    const run = await play(t, [START, delta(0, { toolUse: input }), end(0), stop('tool_use'), METADATA], {
      steps: [{ events: [START, delta(0, { toolUse: input }), end(0), stop('tool_use'), METADATA] }],
    });
    assert.equal((await run.end(60_000)).code, 'model_unusable_reply');
    await answersNextPrompt(run.client);
  });

  test('arguments that are nested too deep are refused, and the thread goes on', async (t) => {
    const deep = `{"location":${'['.repeat(125)}${']'.repeat(125)}}`;
    const run = await (await play(t, [START, ...call(0, deep), stop('tool_use'), METADATA])).success();
    assert.match(run.of('TOOL_CALL_RESULT')[0].content, /nested/);
    await historyMatches(run);
    await answersNextPrompt(run.client);
  });

  test('pieces of encrypted reasoning are one block', async (t) => {
    const sealed = (/** @type {string} */ bytes) =>
      delta(0, { reasoningContent: { redactedContent: Buffer.from(bytes).toString('base64') } });
    const events = [START, sealed('sea'), sealed('led'), end(0), ...call(1, '{"location":"Oslo"}'), stop('tool_use')];
    const run = await (await play(t, [...events, METADATA])).success();
    const second = (await requests(run.id)).at(-1);
    const blocks = second.body.messages.flatMap((/** @type {any} */ { content }) => content);
    const reasoning = blocks.filter((/** @type {any} */ block) => block.reasoningContent);
    const sent = RETURNS_REASONING ? ['sealed'] : [];
    assert.deepEqual(
      reasoning.map((/** @type {any} */ { reasoningContent }) =>
        Buffer.from(reasoningContent.redactedContent, 'base64').toString(),
      ),
      sent,
    );
  });

  test('a second metadata event without counts leaves them', async (t) => {
    const late = /** @type {Event} */ (['metadata', { metrics: { latencyMs: 9 } }]);
    const run = await (await play(t, [START, ...text(0, 'Hey!'), stop('end_turn'), METADATA, late])).success();
    assert.deepEqual(run.of('STEP_FINISHED')[0].metadata['lw.usage'], USAGE);
    assert.equal(/** @type {any} */ (run.last).usage[0].inputTokens, USAGE.inputTokens);
  });

  test('an unknown exception within the stream is not tried four times', async (t) => {
    const denied = /** @type {Event} */ (['exception:accessDeniedException', { message: 'not you' }]);
    const run = await play(t, [START, denied]);
    assert.equal((await run.end()).code, 'model_access_denied');
    assert.equal((await requests(run.id)).length, 1);
  });

  test('a daily quota is told as one', async (t) => {
    const fault = { kind: 'throttling', message: 'Too many tokens per day, please wait before trying again.' };
    const run = await play(t, [], { steps: [{ blocks: [], fault }] });
    const last = await run.end();
    assert.deepEqual([last.code, last.metadata['lw.retryable'] ?? false], ['model_quota_used_up', false]);
    assert.equal((await requests(run.id)).length, 1);
  });

  test('a prompt that a guardrail blocks is left out of later requests', async (t) => {
    const refusal = text(0, 'Sorry, I cannot help with that.');
    const run = await (await play(t, [START, ...refusal, stop('guardrail_intervened'), METADATA])).success();
    const next = await run.client.prompt('Hey!');
    await next.success();
    const sent = JSON.stringify((await requests(next.id))[0].body.messages);
    assert.ok(!sent.includes('Sorry') && !sent.includes('sim:'), sent);
  });

  test('a prompt after an answer that is too long for the model is answered', async (t) => {
    const steps = [{ deltas_per_s: 0, chars_per_delta: 2000, blocks: [{ text: 'word '.repeat(15_000) }] }];
    const run = await (await play(t, [], { steps })).success();
    const name = newId('tests-small');
    await scenario(name, { steps: [ANSWER], context_bytes: 60_000 });
    const next = await (await run.client.prompt(`sim:${name}`)).success();
    assert.equal(next.text, 'Done.');
    assert.match(next.of('CUSTOM')[0].value.text, /without earlier messages/);
  });
});
