// The validation itself: it accepts the transcript of docs/protocol.md and finds the violations of invalid ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import { messagesOf } from '../conformance/messages.mjs';
import { approvedNewYork, newYork } from './transcript.mjs';

test('the transcript of docs/protocol.md section 9 has no violation and the expected messages', async () => {
  const events = newYork();
  const result = await validate([events]);
  assert.deepEqual(result.violations, []);
  assert.deepEqual(result.outcomes, ['success']);
  const call = {
    id: 'tc_1',
    type: 'function',
    function: { name: 'get_weather', arguments: '{"location":"New York"}' },
  };
  assert.deepEqual(result.messages, [
    { id: 'u_1', role: 'user', content: 'How is the weather in New York?' },
    { id: 'm_3', role: 'assistant', toolCalls: [call] },
    { id: 'm_4', role: 'tool', toolCallId: 'tc_1', content: 'It is sunny in New York' },
    { id: 'm_5', role: 'assistant', content: 'It is sunny in New York.' },
  ]);
  assert.deepEqual(messagesOf(events), result.messages);
});

test('a run that follows an interrupt has no violation, with the run before it and alone', async () => {
  const runs = approvedNewYork();
  const result = await validate(runs);
  assert.deepEqual(result.violations, []);
  assert.deepEqual(result.outcomes, ['interrupt', 'success']);
  assert.deepEqual(result.messages, (await validate([newYork()])).messages);
  const alone = await validate([runs[1]]);
  assert.deepEqual([alone.violations, alone.messages], [[], messagesOf(runs[1])]);
});

/** @type {Record<string, (events: any[]) => void>} */
const INVALID = {
  'a message without its end': (events) => events.splice(11, 1),
  'a step without its end': (events) => events.splice(12, 1),
  'a tool call without its end': (events) => events.splice(4, 1),
  'an event after the end of the run': (events) => events.push(events[8]),
  'a RUN_FINISHED without a run id': (events) => delete events[13].runId,
  'a token count that is not an integer': (events) => (events[13].usage[0].inputTokens = 0.5),
  'metadata that is null': (events) => (events[10].metadata = null),
  'a run without RUN_STARTED': (events) => events.shift(),
  'an unknown event type': (events) => (events[6].type = 'LW_STATUS'),
};

for (const [what, change] of Object.entries(INVALID)) {
  test(`the validation reports ${what}`, async () => {
    const events = newYork();
    change(events);
    const { violations } = await validate([events]);
    assert.notDeepEqual(violations, []);
  });
}
