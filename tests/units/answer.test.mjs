// The check of an answer in scripts/smoke.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { answered, problems, text } from '../harness/answer.mjs';

const ACK = { type: 'ack', status: 'queued', runId: 'r1' };
const COMPLETE = [
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

describe('the check of an answer', () => {
  test('a complete answer has no problems', () => {
    assert.deepEqual(problems(printed(COMPLETE)), []);
    assert.equal(text(printed(COMPLETE)), 'Hello.');
    assert.ok(answered(`${printed(COMPLETE).join('\n')}\n`));
  });

  test('an incomplete answer did not finish', () => {
    assert.ok(!answered(`${printed(COMPLETE.slice(0, 3)).join('\n')}\n`));
    assert.deepEqual(problems(printed(COMPLETE.slice(0, 3))), ['the run did not finish']);
  });

  test('an answer without an ack has a problem', () => {
    assert.deepEqual(problems(printed(COMPLETE).slice(1)), ['no ack came']);
    assert.deepEqual(problems([]), ['no ack came']);
  });

  test('an answer with a missing event has a problem', () => {
    const lines = printed(COMPLETE);
    assert.deepEqual(problems([...lines.slice(0, 2), ...lines.slice(3)]), ['an event is missing or duplicated']);
  });

  test('an answer without text has a problem', () => {
    assert.deepEqual(problems(printed([COMPLETE[0], COMPLETE[3]])), ['there is no text']);
  });

  test('a failed run is reported with its error', () => {
    const failed = { type: 'RUN_ERROR', code: 'model_access', message: 'It is not enabled.' };
    assert.deepEqual(problems(printed([COMPLETE[0], failed])), ['the run failed: model_access: It is not enabled.']);
  });

  test('a refused prompt is reported with its error', () => {
    const refused = JSON.stringify({ type: 'error', code: 'too_large', message: 'The prompt is too large.' });
    assert.deepEqual(problems([refused]), ['refused: too_large: The prompt is too large.']);
    assert.ok(answered(`${refused}\n`));
  });
});
