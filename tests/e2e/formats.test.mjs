// The five other formats (docs/protocol.md section 8).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect, newId } from '../harness/client.mjs';
import { framesOf } from '../harness/frames.mjs';
import { scenario } from '../harness/simulator.mjs';

const HELLO = 'Hello! How can I help you today?';

/** @typedef {any} Frame */

/** Returns the data of all `blocks` frames with an event. @param {Frame[]} frames @param {string} event */
const data = (frames, event) => frames.filter((frame) => frame.event === event).map((frame) => frame.data);

/** Removes successive repetitions. @param {string[]} names */
const once = (names) => names.filter((name, at) => name !== names[at - 1]);

/** Returns whether a `typed` answer is complete: three frames follow the text. @param {Frame[]} frames */
const typedComplete = (frames) => {
  const text = frames.findLastIndex(({ type }) => type === 'text');
  return text >= 0 && frames.length > text + 3;
};

describe('formats', { concurrency: 4 }, () => {
  test('agui can be asked for by name', async (t) => {
    const run = await (await connect(t, { query: { format: 'agui' } })).answer('Hey!');
    assert.equal(run.text, HELLO);
  });

  test('blocks: a text answer', async (t) => {
    const done = (/** @type {Frame[]} */ frames) => data(frames, 'metadata').length > 0;
    const { frames } = await framesOf(t, { query: { format: 'blocks' }, message: { prompt: 'Hey!' }, done });
    assert.deepEqual(once(frames.map(({ event }) => event)), [
      'message_start',
      'content_start',
      'content',
      'content_stop',
      'message_stop',
      'metadata',
    ]);
    assert.equal(data(frames, 'content').join(''), HELLO);
    assert.deepEqual(data(frames, 'message_stop'), ['end_turn']);
    const { usage, metrics } = JSON.parse(data(frames, 'metadata')[0]);
    assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
    assert.ok(metrics.latencyMs >= 0);
  });

  test('blocks: a tool call and the answer are two messages', async (t) => {
    const message = { prompt: 'sim:tool' };
    const done = (/** @type {Frame[]} */ frames) => data(frames, 'metadata').length > 1;
    const { frames } = await framesOf(t, { query: { format: 'blocks' }, message, done });
    assert.deepEqual(
      once(frames.map(({ event }) => event)),
      [
        'message_start',
        'message_stop',
        'metadata',
        'message_start',
        'content_start',
        'content',
        'content_stop',
        'message_stop',
        'metadata',
      ],
      'the tool call has no content frames',
    );
    assert.deepEqual(data(frames, 'message_stop'), ['tool_use', 'end_turn']);
    assert.equal(data(frames, 'content').join(''), 'The tool has answered.');
  });

  test('typed: an answer to a storyType', async (t) => {
    const message = { storyType: 'CATS' };
    const { frames } = await framesOf(t, { query: { format: 'typed' }, message, done: typedComplete });
    assert.deepEqual(frames[0], { type: 'other', message: null });
    assert.deepEqual(once(frames.map(({ type }) => type)), ['other', 'text', 'other']);
    assert.equal(frames.filter(({ type }) => type === 'other').length, 4);
    assert.match(
      frames
        .filter(({ type }) => type === 'text')
        .map(({ message }) => message)
        .join(''),
      /cats/i,
    );
  });

  test('typed: the first frame comes before the answer is complete', async (t) => {
    const message = { prompt: 'sim:steady' };
    const { times } = await framesOf(t, { query: { format: 'typed' }, message, done: typedComplete });
    assert.ok(times[0] < times[times.length - 1] - 2000, `after ${times[0]} ms of ${times.at(-1)} ms`);
  });

  test('simple: a status, then tokens, then done', async (t) => {
    const call = { blocks: [{ tool: 'kb_lookup', input: { query: 'What is the return policy?' } }] };
    await scenario('tests-lookup', { steps: [call, { blocks: [{ text: 'You may return it.' }] }] });
    const message = { action: 'sendMessage', message: 'sim:tests-lookup', sessionId: newId('s') };
    const done = (/** @type {Frame[]} */ frames) => frames.some(({ type }) => type === 'done');
    const { frames } = await framesOf(t, { query: { format: 'simple' }, message, done });
    assert.equal(frames[0].type, 'status');
    assert.match(frames[0].value, /knowledge base/i);
    assert.deepEqual(once(frames.map(({ type }) => type)), ['status', 'token', 'done']);
    const tokens = frames.filter(({ type }) => type === 'token');
    assert.equal(tokens.map(({ value }) => value).join(''), 'You may return it.');
  });

  test('simple: the status comes before the model answers', async (t) => {
    const call = { blocks: [{ tool: 'get_weather', input: { location: 'Berlin' } }] };
    await scenario('tests-status', { steps: [call, { ttft_ms: 3000, blocks: [{ text: 'It is overcast.' }] }] });
    const message = { action: 'sendMessage', message: 'sim:tests-status', sessionId: newId('s') };
    const done = (/** @type {Frame[]} */ frames) => frames.some(({ type }) => type === 'done');
    const { frames, times } = await framesOf(t, { query: { format: 'simple' }, message, done });
    const token = frames.findIndex(({ type }) => type === 'token');
    assert.deepEqual([frames[0].type, token], ['status', 1]);
    assert.ok(
      times[0] < times[token] - 1000,
      `the status after ${times[0]} ms, the first token after ${times[token]} ms`,
    );
  });

  test('bedrock: the events of ConverseStream', async (t) => {
    const done = (/** @type {Frame[]} */ frames) => frames.some(({ event }) => event.metadata);
    const { frames } = await framesOf(t, { query: { format: 'bedrock' }, message: { prompt: 'Hey!' }, done });
    assert.deepEqual(once(frames.map(({ event }) => Object.keys(event)[0])), [
      'messageStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    assert.deepEqual(frames[0], { event: { messageStart: { role: 'assistant' } } });
    const deltas = frames.map(({ event }) => event.contentBlockDelta).filter(Boolean);
    assert.equal(deltas.map(({ delta }) => delta.text).join(''), HELLO);
    assert.equal(new Set(deltas.map(({ contentBlockIndex }) => contentBlockIndex)).size, 1);
    assert.equal(frames.at(-2).event.messageStop.stopReason, 'end_turn');
  });

  test('bedrock: a tool call with its input in deltas', async (t) => {
    const message = { prompt: 'sim:text-and-tool' };
    const done = (/** @type {Frame[]} */ frames) => frames.filter(({ event }) => event.metadata).length > 1;
    const { frames } = await framesOf(t, { query: { format: 'bedrock' }, message, done });
    const start = frames.find(({ event }) => event.contentBlockStart).event.contentBlockStart;
    assert.deepEqual([start.contentBlockIndex, start.start.toolUse.name], [1, 'get_weather']);
    const input = frames.map(({ event }) => event.contentBlockDelta?.delta.toolUse?.input ?? '').join('');
    assert.deepEqual(JSON.parse(input), { location: 'Berlin' });
  });

  test('text: the text, then usage and metrics, then the session', async (t) => {
    const runtimeSessionId = newId('s');
    const message = { prompt: 'Hey!', runtimeSessionId };
    const done = (/** @type {Frame[]} */ frames) => frames.some((frame) => frame.runtimeSessionId);
    const { frames } = await framesOf(t, { query: { format: 'text' }, message, done });
    const [metadata, session] = frames.slice(-2);
    assert.equal(frames.slice(0, -2).join(''), `${HELLO}\n----------\n`);
    assert.ok(metadata.usage.totalTokens > 0 && metadata.metrics);
    assert.deepEqual(session, { runtimeSessionId });
  });

  /** @type {[Record<string, string>, (frame: Frame) => unknown][]} fields of a request, last frame of their format */
  const asked = [
    [{ format: 'simple' }, (frame) => frame.type === 'done'],
    [{ response: 'original' }, (frame) => frame.event?.metadata],
    [{ response: 'transformed' }, (frame) => frame.runtimeSessionId],
  ];
  for (const [fields, last] of asked) {
    test(`${JSON.stringify(fields)} selects the format of one request`, async (t) => {
      const message = { prompt: 'Hey!', ...fields };
      const { frames } = await framesOf(t, { message, done: (frames) => frames.some(last) });
      assert.ok(last(frames.at(-1)));
      assert.ok(
        frames.every((frame) => frame.metadata === undefined && frame.type !== 'ack'),
        'no AG-UI event and no ack',
      );
    });
  }

  /** @type {Record<string, (frame: Frame) => unknown>} the error frame of each format */
  const errors = {
    blocks: (frame) => frame.event === 'error' && frame.data,
    typed: (frame) => frame.type === 'error' && frame.message,
    simple: (frame) => frame.type === 'error' && frame.value,
    bedrock: (frame) => frame.error?.code && frame.error.message,
    text: (frame) => /^\[error\] ./.test(frame),
  };
  for (const [format, isError] of Object.entries(errors)) {
    for (const prompt of ['', 'sim:fault-access-denied']) {
      test(`${format}: ${prompt ? 'a failed run' : 'a refused request'} ends with an error frame`, async (t) => {
        const message = { action: 'prompt', prompt };
        const { frames } = await framesOf(t, { query: { format }, message, done: (frames) => frames.some(isError) });
        assert.ok(isError(frames.at(-1)), 'the error is the last frame');
      });
    }
  }
});
