// Validates transcripts of the stack with AG-UI's own packages and compares the outcomes and messages with expected
// ones.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import { connect, newId } from '../harness/client.mjs';
import { Run } from '../harness/run.mjs';

/** Removes the messages' ids and names calls by their order. @param {any[]} messages */
function withoutIds(messages) {
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls.map((/** @type {any} */ call) => call.id));
  return messages.map(({ id, toolCalls, toolCallId, ...rest }) => ({
    ...rest,
    ...(toolCalls && {
      toolCalls: toolCalls.map((/** @type {any} */ { function: { name, arguments: text } }) => [
        name,
        JSON.parse(text),
      ]),
    }),
    ...(toolCallId && { answers: calls.indexOf(toolCallId) }),
  }));
}

const user = (/** @type {string} */ content) => ({ role: 'user', content });
const assistant = (/** @type {string} */ content) => ({ role: 'assistant', content });
const calls = (/** @type {string[]} */ ...places) => places.map((location) => ['get_weather', { location }]);
const BERLIN = /overcast in Berlin/;
const TOKYO = /rain.* in Tokyo/;

/** @type {[string, object, string[], object[]][]} prompt, options, outcomes, messages (a tool's as a pattern) */
const SUBJECTS = [
  [
    'sim:two-texts',
    {},
    ['success'],
    [user('sim:two-texts'), assistant('The first block.'), assistant('The second block.')],
  ],
  [
    'sim:text-and-tool',
    {},
    ['success'],
    [
      user('sim:text-and-tool'),
      { ...assistant('Let me look.'), toolCalls: calls('Berlin') },
      { role: 'tool', answers: 0, content: BERLIN },
      assistant('I have looked.'),
    ],
  ],
  [
    'sim:interleaved-tools',
    {},
    ['success'],
    [
      user('sim:interleaved-tools'),
      { ...assistant('Two at once.'), toolCalls: calls('Berlin', 'Tokyo') },
      { role: 'tool', answers: 0, content: BERLIN },
      { role: 'tool', answers: 1, content: TOKYO },
      assistant('Both tools have answered.'),
    ],
  ],
  [
    'sim:two-tools',
    {},
    ['success'],
    [
      user('sim:two-tools'),
      { role: 'assistant', toolCalls: calls('Berlin', 'Tokyo') },
      { role: 'tool', answers: 0, content: BERLIN },
      { role: 'tool', answers: 1, content: TOKYO },
      assistant('Both tools have answered.'),
    ],
  ],
  [
    'sim:reasoning',
    { reasoning: true },
    ['success'],
    [
      user('sim:reasoning'),
      { role: 'reasoning', content: 'The question is simple, so the answer is short.' },
      assistant('The answer is four.'),
    ],
  ],
  ['sim:fault-access-denied', {}, ['error model_access_denied'], [user('sim:fault-access-denied')]],
  [
    'sim:exception-stream-error',
    {},
    ['error model_stream_error'],
    [user('sim:exception-stream-error'), assistant('The quick river runs past ')],
  ],
];

describe('conformance', { concurrency: 1 }, () => {
  for (const [prompt, options, outcomes, expected] of SUBJECTS) {
    test(prompt, async (t) => {
      const client = await connect(t);
      const run = await client.answer(prompt, { options });
      const result = await validate([run.events]);
      assert.deepEqual(result.violations, []);
      assert.deepEqual(result.outcomes, outcomes);
      matches(withoutIds(result.messages), expected);
    });
  }

  test('a cancelled run leaves no call without a result', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:endless-tools');
    await run.end(60_000);
    const result = await validate([run.events]);
    assert.deepEqual([result.violations, result.outcomes], [[], ['cancelled']]);
    const answered = result.messages.filter(({ role }) => role === 'tool').map(({ toolCallId }) => toolCallId);
    const called = result.messages.flatMap(({ toolCalls = [] }) => toolCalls.map((/** @type {any} */ call) => call.id));
    assert.deepEqual(answered, called, 'every call has a result');
  });

  test('several runs of one thread make one conversation', async (t) => {
    const client = await connect(t);
    const runs = [];
    for (const prompt of ['My name is Ada.', 'sim:tool', 'What is my name?']) runs.push(await client.answer(prompt));
    const result = await validate(runs.map((run) => run.events));
    assert.deepEqual([result.violations, result.outcomes], [[], ['success', 'success', 'success']]);
    assert.deepEqual(result.messages, (await client.history()).messages);
  });

  test('runs of two threads on one connection are told apart by lw.run', async (t) => {
    const client = await connect(t);
    const [one, two] = await Promise.all([
      client.prompt('sim:steady', { threadId: newId('t') }),
      client.prompt('sim:steady', { threadId: newId('t') }),
    ]);
    await Promise.all([one.success(), two.success()]);
    for (const run of [one, two]) {
      const result = await validate([run.events]);
      assert.deepEqual([result.violations, result.outcomes], [[], ['success']]);
      assert.equal(result.messages.length, 2);
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
