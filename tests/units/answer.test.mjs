// What scripts/smoke takes for a whole answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { answered, complaints, text } from '../harness/answer.mjs';

const ACK = { type: 'ack', status: 'queued', runId: 'r1' };
const WHOLE = [
  { type: 'RUN_STARTED' },
  { type: 'TEXT_MESSAGE_CONTENT', delta: 'Hel' },
  { type: 'TEXT_MESSAGE_CONTENT', delta: 'lo.' },
  { type: 'RUN_FINISHED', outcome: { type: 'success' } },
];

/** @param {any[]} run @returns {string[]} */
function printed(run) {
  const numbered = run.map((event, at) => ({ ...event, metadata: { 'lw.seq': at + 1 } }));
  return [ACK, ...numbered].map((line) => JSON.stringify(line));
}

describe('an answer', () => {
  test('that is whole has no complaints', () => {
    assert.deepEqual(complaints(printed(WHOLE)), []);
    assert.equal(text(printed(WHOLE)), 'Hello.');
    assert.ok(answered(`${printed(WHOLE).join('\n')}\n`));
  });

  test('that goes on is not over', () => {
    assert.ok(!answered(`${printed(WHOLE.slice(0, 3)).join('\n')}\n`));
    assert.deepEqual(complaints(printed(WHOLE.slice(0, 3))), ['the run did not finish']);
  });

  test('without an ack is none', () => {
    assert.deepEqual(complaints(printed(WHOLE).slice(1)), ['no ack came']);
    assert.deepEqual(complaints([]), ['no ack came']);
  });

  test('with a gap is noticed', () => {
    const lines = printed(WHOLE);
    assert.deepEqual(complaints([...lines.slice(0, 2), ...lines.slice(3)]), ['a line is missing or doubled']);
  });

  test('without a word is noticed', () => {
    assert.deepEqual(complaints(printed([WHOLE[0], WHOLE[3]])), ['there is no text']);
  });

  test('that failed says why', () => {
    const failed = { type: 'RUN_ERROR', code: 'model_access', message: 'It is not enabled.' };
    assert.deepEqual(complaints(printed([WHOLE[0], failed])), ['the run failed: model_access: It is not enabled.']);
  });

  test('that was refused says why', () => {
    const refused = JSON.stringify({ type: 'error', code: 'too_large', message: 'The prompt is too large.' });
    assert.deepEqual(complaints([refused]), ['refused: too_large: The prompt is too large.']);
    assert.ok(answered(`${refused}\n`));
  });
});
