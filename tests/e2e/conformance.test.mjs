// Transcripts of the real stack through AG-UI's own packages: no complaint, the right outcomes, the right
// messages, each written down by hand here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { judge } from '../conformance/agui.mjs';
import { connect, fresh } from '../harness/client.mjs';
import { Run } from '../harness/run.mjs';

/** A message's id is whatever was streamed; calls are named by their order. @param {any[]} messages */
function withoutIds(messages) {
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls.map((/** @type {any} */ call) => call.id));
  return messages.map(({ id, toolCalls, toolCallId, ...rest }) => ({
    ...rest,
    ...(toolCalls && { toolCalls: toolCalls.map((/** @type {any} */ { function: { name, arguments: text } }) => [name, JSON.parse(text)]) }),
    ...(toolCallId && { answers: calls.indexOf(toolCallId) }),
  }));
}

const user = (/** @type {string} */ content) => ({ role: 'user', content });
const says = (/** @type {string} */ content) => ({ role: 'assistant', content });
const calls = (/** @type {string[]} */ ...places) => places.map((location) => ['get_weather', { location }]);
const BERLIN = /overcast in Berlin/;
const TOKYO = /rain.* in Tokyo/;

/** @type {[string, object, string[], object[]][]} prompt, options, outcomes, messages (a tool's as a pattern) */
const SUBJECTS = [
  ['sim:two-texts', {}, ['success'], [user('sim:two-texts'), says('The first block.'), says('The second block.')]],
  ['sim:text-and-tool', {}, ['success'], [
    user('sim:text-and-tool'),
    { ...says('Let me look.'), toolCalls: calls('Berlin') },
    { role: 'tool', answers: 0, content: BERLIN },
    says('I have looked.'),
  ]],
  ['sim:interleaved-tools', {}, ['success'], [
    user('sim:interleaved-tools'),
    { ...says('Two at once.'), toolCalls: calls('Berlin', 'Tokyo') },
    { role: 'tool', answers: 0, content: BERLIN },
    { role: 'tool', answers: 1, content: TOKYO },
    says('Both tools have answered.'),
  ]],
  ['sim:two-tools', {}, ['success'], [
    user('sim:two-tools'),
    { role: 'assistant', toolCalls: calls('Berlin', 'Tokyo') },
    { role: 'tool', answers: 0, content: BERLIN },
    { role: 'tool', answers: 1, content: TOKYO },
    says('Both tools have answered.'),
  ]],
  ['sim:reasoning', { reasoning: true }, ['success'], [
    user('sim:reasoning'),
    { role: 'reasoning', content: 'The question is simple, so the answer is short.' },
    says('The answer is four.'),
  ]],
  ['sim:fault-access-denied', {}, ['error model_access_denied'], [user('sim:fault-access-denied')]],
  ['sim:exception-stream-error', {}, ['error model_stream_error'], [
    user('sim:exception-stream-error'), says('The quick river runs past '),
  ]],
];

describe('conformance', { concurrency: 1 }, () => {
  for (const [prompt, options, outcomes, expected] of SUBJECTS) {
    test(prompt, async (t) => {
      const client = await connect(t);
      const run = await client.answer(prompt, { options });
      const verdict = await judge([run.lines]);
      assert.deepEqual(verdict.complaints, []);
      assert.deepEqual(verdict.outcomes, outcomes);
      matches(withoutIds(verdict.messages), expected);
    });
  }

  test('a cancelled run', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:endless-tools');
    await run.end(60_000);
    const verdict = await judge([run.lines]);
    assert.deepEqual([verdict.complaints, verdict.outcomes], [[], ['cancelled']]);
    const answered = verdict.messages.filter(({ role }) => role === 'tool').map(({ toolCallId }) => toolCallId);
    const called = verdict.messages.flatMap(({ toolCalls = [] }) => toolCalls.map((/** @type {any} */ call) => call.id));
    assert.deepEqual(answered, called, 'nothing is left for the client to answer');
  });

  test('several turns of one thread make one conversation', async (t) => {
    const client = await connect(t);
    const runs = [];
    for (const prompt of ['My name is Ada.', 'sim:tool', 'What is my name?']) runs.push(await client.answer(prompt));
    const verdict = await judge(runs.map((run) => run.lines));
    assert.deepEqual([verdict.complaints, verdict.outcomes], [[], ['success', 'success', 'success']]);
    assert.deepEqual(verdict.messages, (await client.history()).messages);
  });

  test('runs of two threads on one socket are told apart by lw.run', async (t) => {
    const client = await connect(t);
    const [one, two] = await Promise.all([
      client.prompt('sim:steady', { threadId: fresh('t') }),
      client.prompt('sim:steady', { threadId: fresh('t') }),
    ]);
    await Promise.all([one.success(), two.success()]);
    for (const run of [one, two]) {
      const verdict = await judge([run.lines]);
      assert.deepEqual([verdict.complaints, verdict.outcomes], [[], ['success']]);
      assert.equal(verdict.messages.length, 2);
    }
    assert.equal(new Run(client, one.ack).text, two.text);
  });
});

/** @param {any[]} messages @param {any[]} expected */
function matches(messages, expected) {
  assert.deepEqual(messages.map(blank), expected.map(blank));
  messages.forEach(({ role, content }, at) => {
    if (role === 'tool') assert.match(content, expected[at].content);
  });
}

/** @param {any} message */
function blank(message) {
  return message.role === 'tool' ? { ...message, content: '…' } : message;
}
