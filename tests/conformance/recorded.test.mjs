// Runs all recorded transcripts through AG-UI's packages. It runs last, in a process of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recorded } from '../harness/transcripts.mjs';
import { validate } from './agui.mjs';
import { messagesOf } from './messages.mjs';

/** Fewest transcripts; fewer mean that the tests no longer record them. */
const FEWEST = 100;

test('AG-UI reports no violation in a recorded transcript and arrives at its outcome and messages', async () => {
  const all = recorded();
  assert.ok(all.length >= FEWEST, `${all.length} transcripts`);
  const findings = [];
  for (const { prompt, events } of all) {
    const { violations, outcomes, messages } = await validate([events]);
    const last = events[events.length - 1];
    const outcome = last.type === 'RUN_ERROR' ? `error ${last.code}` : last.outcome.type;
    const wrong = [
      ...violations,
      ...different('outcomes', outcomes, [outcome]),
      ...different('messages', messages, messagesOf(events).map(plain)),
    ];
    if (wrong.length > 0) findings.push(`${prompt?.slice(0, 60)}: ${wrong.join('; ').slice(0, 600)}`);
  }
  assert.deepEqual(findings, []);
});

/** A message without metadata, as `validate` returns it. @param {any} message */
function plain({ metadata: _, ...message }) {
  return message;
}

/** @param {string} what @param {any} actual @param {any} expected */
function different(what, actual, expected) {
  try {
    assert.deepEqual(actual, expected);
    return [];
  } catch {
    return [`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }
}
