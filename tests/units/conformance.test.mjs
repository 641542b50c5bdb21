// The judge itself: it passes the protocol's own transcript and finds what is wrong with spoilt ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge } from '../conformance/agui.mjs';
import { read } from '../conformance/reading.mjs';
import { newYork } from './transcript.mjs';

test('the transcript of docs/protocol.md section 9 has no complaint and the right messages', async () => {
  const lines = newYork();
  const verdict = await judge([lines]);
  assert.deepEqual(verdict.complaints, []);
  assert.deepEqual(verdict.outcomes, ['success']);
  const call = { id: 'tc_1', type: 'function', function: { name: 'get_weather', arguments: '{"location":"New York"}' } };
  assert.deepEqual(verdict.messages, [
    { id: 'u_1', role: 'user', content: 'How is the weather in New York?' },
    { id: 'm_3', role: 'assistant', toolCalls: [call] },
    { id: 'm_4', role: 'tool', toolCallId: 'tc_1', content: 'It is sunny in New York' },
    { id: 'm_5', role: 'assistant', content: 'It is sunny in New York.' },
  ]);
  assert.deepEqual(read(lines), verdict.messages);
});

/** @type {Record<string, (lines: any[]) => void>} */
const SPOILT = {
  'a message that is not closed': (lines) => lines.splice(11, 1),
  'a step that is not finished': (lines) => lines.splice(12, 1),
  'a call that is not closed': (lines) => lines.splice(4, 1),
  'words after the end': (lines) => lines.push(lines[8]),
  'an end without its run': (lines) => delete lines[13].runId,
  'a number that is no whole one': (lines) => (lines[13].usage[0].inputTokens = 0.5),
  'metadata that is null': (lines) => (lines[10].metadata = null),
  'no beginning': (lines) => lines.shift(),
  'an event nobody knows': (lines) => (lines[6].type = 'LW_STATUS'),
};

for (const [what, spoil] of Object.entries(SPOILT)) {
  test(`the judge complains of ${what}`, async () => {
    const lines = newYork();
    spoil(lines);
    const { complaints } = await judge([lines]);
    assert.notDeepEqual(complaints, []);
  });
}
