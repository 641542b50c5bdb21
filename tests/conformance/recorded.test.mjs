// Every run that any test has seen to its end, through AG-UI's packages. Runs last, in a process of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recorded } from '../harness/transcripts.mjs';
import { judge } from './agui.mjs';
import { read } from './reading.mjs';

/** Fewer would mean that the tests no longer record. */
const FEWEST = 100;

test('all recorded transcripts: no complaint, the outcome and the messages their lines tell', async () => {
  const all = recorded();
  assert.ok(all.length >= FEWEST, `${all.length} transcripts`);
  const findings = [];
  for (const { prompt, lines } of all) {
    const { complaints, outcomes, messages } = await judge([lines]);
    const last = lines[lines.length - 1];
    const outcome = last.type === 'RUN_ERROR' ? `error ${last.code}` : last.outcome.type;
    const wrong = [
      ...complaints,
      ...different('outcomes', outcomes, [outcome]),
      ...different('messages', messages, read(lines)),
    ];
    if (wrong.length > 0) findings.push(`${prompt?.slice(0, 60)}: ${wrong.join('; ').slice(0, 600)}`);
  }
  assert.deepEqual(findings, []);
});

/** @param {string} what @param {any} actual @param {any} expected */
function different(what, actual, expected) {
  try {
    assert.deepEqual(actual, expected);
    return [];
  } catch {
    return [`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }
}
