// The limit of threads on which a user may have unfinished runs, when the user's requests arrive at the same time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runRow } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { invoke } from '../harness/functions.mjs';
import { inject } from '../harness/inject.mjs';
import { endlessReply } from '../harness/simulator.mjs';
import { ticketed } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** Group with two threads. */
const BUSY = 'busy';

/** Prompts at the same time. */
const PROMPTS = 8;

/** Connections of the user. A connection has a limit of its own, three threads. */
const CONNECTIONS = 4;

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
  // Each request has read the threads of the user before any of them is answered.
  const hold = await inject(t, {
    effect: 'hold',
    function: 'ingest',
    operation: 'GetItem',
    containing: [sub, 'BUDGET'],
    times: PROMPTS,
  });
  const starts = Array.from({ length: PROMPTS }, (_, at) => {
    const start = { action: 'prompt', prompt, threadId: newId('t'), runId: newId('r') };
    return { client: clients[at % CONNECTIONS], start };
  });
  const answers = starts.map(({ client, start }) => client.request(start, 60_000));
  await hold.matched(60_000, PROMPTS);
  await hold.remove();
  const responses = await Promise.all(answers);
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
