// The limit of threads on which a user may have unfinished runs, when the user's requests arrive at the same time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runRow } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { invoke } from '../harness/functions.mjs';
import { ALWAYS, inject } from '../harness/inject.mjs';
import { endlessReply } from '../harness/simulator.mjs';
import { ticketed } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** Group with two threads. */
const BUSY = 'busy';

/** Prompts at the same time. */
const PROMPTS = 8;

/** Connections of the user. A connection has a limit of its own, three threads. */
const CONNECTIONS = 4;

/** Deadline for the responses: functions that start, on a busy machine. */
const ANSWERED_MS = 60_000;

/** Opens further connections of a user. @param {import('node:test').TestContext} t @param {string} sub @param {number} count */
function more(t, sub, count) {
  const open = async () => {
    const { ticket } = await invoke('ticket', { sub, groups: [BUSY], expiresInSeconds: 3600 });
    return connect(t, { query: { ticket } });
  };
  return Promise.all(Array.from({ length: count }, open));
}

test('of eight prompts at the same time as many are accepted as the user may have threads', async (t) => {
  const { sub, client } = await ticketed(t, [BUSY]);
  const clients = [client, ...(await more(t, sub, CONNECTIONS - 1))];
  const prompt = await endlessReply();
  // A request that reads the threads of the user does so before another one is admitted, and a run that is admitted is not
  // recorded before another request looks for it.
  const rule = await inject(t, {
    effect: 'delay',
    ms: 300,
    function: 'ingest',
    operation: ['GetItem', 'PutItem'],
    containing: sub,
    times: ALWAYS,
  });
  const starts = Array.from({ length: PROMPTS }, (_, at) => {
    const start = { action: 'prompt', prompt, threadId: newId('t'), runId: newId('r') };
    return { client: clients[at % CONNECTIONS], start };
  });
  const responses = await Promise.all(starts.map(({ client, start }) => client.request(start, ANSWERED_MS)));
  await rule.remove();
  const outcomes = responses.map(({ type, code, retryable }) => (type === 'ack' ? type : `${code} ${retryable}`));
  const expected = ['ack', 'ack', ...Array.from({ length: PROMPTS - 2 }, () => 'rate_limited true')];
  assert.deepEqual(outcomes.sort(), expected);

  const accepted = starts.filter((_, at) => responses[at].type === 'ack');
  const refused = starts.filter((_, at) => responses[at].type !== 'ack');
  for (const { start } of refused) assert.equal(await runRow(start.threadId, start.runId, sub), undefined);
  for (const { client, start } of accepted) {
    const run = client.subscribe({ id: start.runId, threadId: start.threadId });
    await run.firstText();
    await client.cancel(run);
    await run.complete();
  }
  // There is room again for the same requests, one after another.
  for (const { client, start } of refused) {
    const run = await client.prompt('Hey!', { threadId: start.threadId, runId: start.runId });
    await run.success();
  }
});
