// Faults of DynamoDB, SQS and @connections: each call of a run once with each effect, then all calls for two minutes.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { deadLetters, endedRow, queueEmpty, runRow, setAttribute } from '../harness/aws.mjs';
import { connect, newId, reconnecting } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { invoke } from '../harness/functions.mjs';
import { ALWAYS, inject } from '../harness/inject.mjs';
import { operationsOf } from '../harness/operations.mjs';
import { requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, historyMatches, idle } from '../harness/thread.mjs';

/** @typedef {import('../harness/operations.mjs').Kind} Kind */
/** @typedef {import('../harness/faults.mjs').Effect} Effect */

const RECOVERY_MS = 90_000;
const OUTAGE_MS = 120_000;
/** Deadline of an empty run queue: the lease, a reclaim, a busy machine. */
const IDLE_MS = 30_000;

const SERVICES = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'TransactWriteItems',
  'BatchWriteItem',
  'SendMessage',
  'ChangeMessageVisibility',
  'PostToConnection',
];
/** Operations that can conflict with a transaction. */
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const PROMPT = 'sim:tool';

/** Opens a connection and returns it with its ids. @param {import('node:test').TestContext} t */
async function named(t) {
  const client = await reconnecting(t);
  const { connectionId, threadId } = await client.request({ action: 'hello' });
  return { client, ids: { runId: newId('r'), threadId, connectionId } };
}

/** Plays one run with a fault. @param {import('node:test').TestContext} t @param {Kind} kind @param {Effect} effect */
async function faulty(t, { function: by, operation, names, after }, effect) {
  const { client, ids } = await named(t);
  const containing = names === '' ? [] : [ids[/** @type {keyof typeof ids} */ (names)]];
  const rule = await inject(t, { effect, function: by, operation, containing, after });
  const began = Date.now();
  const run = await client.prompt(PROMPT, { runId: ids.runId });
  await run.success(RECOVERY_MS);
  const took = Date.now() - began;
  await idle(ids.threadId, IDLE_MS);
  const matched = await rule.count();
  await historyMatches(run);
  assert.equal(run.text, 'The tool has answered.');
  return { matched, took };
}

describe('each call of a run', () => {
  /** @type {Kind[]} */
  let kinds = [];

  before(async () => {
    const { client, ids } = await named(/** @type {any} */ ({ after: () => {} }));
    const since = Date.now();
    await (await client.prompt(PROMPT, { runId: ids.runId })).success();
    await idle(ids.threadId);
    kinds = await operationsOf(ids, since);
    client.close();
    assert.ok(kinds.length > 15, JSON.stringify(kinds));
  });

  for (const effect of /** @type {Effect[]} */ (['fail', 'lose', 'conflict'])) {
    test(`may ${effect} once`, async (t) => {
      const chosen = kinds.filter(({ operation }) => effect !== 'conflict' || WRITES.includes(operation));
      let matched = 0;
      let longest = { took: 0, what: '' };
      const failures = [];
      for (const kind of chosen) {
        const what = `${kind.function} ${kind.operation} ${kind.names} #${kind.after}`;
        try {
          const done = await faulty(t, kind, effect);
          matched += done.matched;
          if (done.took > longest.took) longest = { took: done.took, what };
        } catch (error) {
          failures.push(`${what}: ${/** @type {Error} */ (error).message.slice(0, 300)}`);
        }
      }
      t.diagnostic(
        `${chosen.length} calls, ${matched} of them matched; the longest run took ${longest.took} ms (${longest.what})`,
      );
      assert.deepEqual(failures, []);
      assert.ok(matched > chosen.length / 2, `only ${matched} of ${chosen.length} calls were matched`);
      await queueEmpty(RECOVERY_MS);
      assert.equal(await deadLetters(), 0);
    });
  }
});

test('an outage of two minutes loses no acknowledged run and leaves no run queue blocked', async (t) => {
  await scenario('tests-outage', { steps: [{ deltas_per_s: 10, blocks: [{ text: `${'word '.repeat(60)}end.` }] }] });
  await scenario('tests-late-start', { steps: [{ ttft_ms: 10_000, blocks: [{ text: 'Here I am at last.' }] }] });
  const options = { onGone: 'grace:600' };
  const clients = await Promise.all([1, 2, 3, 4].map(() => reconnecting(t)));
  const [text, first, tool, late] = clients;
  const runs = [
    await text.prompt('sim:tests-outage', { options }),
    await text.prompt('What is 1 + 1?', { options }),
    await first.prompt('sim:tests-late-start', { options }),
    await tool.prompt('sim:tool', { options }),
  ];
  await runs[0].firstText();
  const outage = await inject(t, { effect: 'fail', operation: SERVICES, times: ALWAYS });
  const began = Date.now();
  const id = newId('q');
  late
    .request({ action: 'prompt', prompt: 'Hey!', id, runId: newId('r'), options }, OUTAGE_MS * 2)
    .catch(() => undefined);
  const answer = await late.until('an error', () => late.responses.find(({ type }) => type === 'error'), 30_000);
  assert.ok(
    ['unavailable', 'internal'].includes(answer.code) && (answer.gateway || answer.retryable),
    JSON.stringify(answer),
  );
  await until('the end of the outage', () => Date.now() - began >= OUTAGE_MS, OUTAGE_MS + 5000);
  await outage.remove();
  const back = Date.now();
  const ends = await Promise.all(
    runs.map(async (run) => {
      const row = await endedRow(run.threadId, run.id, 300_000);
      return `${row.status} ${row.reason ?? ''} after ${Date.now() - back} ms, ${row.crashes} crashes`;
    }),
  );
  t.diagnostic(ends.join('; '));
  for (const run of runs) await idle(run.threadId, IDLE_MS);
  const took = Date.now() - back;
  t.diagnostic(`the run queues were empty ${took} ms after the outage`);
  for (const run of runs) await run.end(RECOVERY_MS);
  await late.until(
    'the ack',
    () => late.responses.some((response) => response.id === id && response.type === 'ack'),
    IDLE_MS,
  );
  for (const client of clients) await answersNextPrompt(client);
  assert.ok(took <= IDLE_MS, `${took} ms`);
});

test('the sweep resends the message of a run whose `wakeBy` is overdue', async (t) => {
  const client = await connect(t, { query: { thread: newId('t') } });
  const runId = newId('r');
  const lost = await inject(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', containing: runId });
  const run = await client.prompt('Hey!', { runId, options: { onGone: 'finish' } });
  await lost.matched();
  assert.equal((await runRow(run.threadId, runId))?.status, 'queued');
  await setAttribute(run.threadId, runId, 'wakeBy', Math.floor(Date.now() / 1000) - 1);
  // A sweep that cannot read a partition leaves it to the next one.
  const sweep = () =>
    invoke('sweep').then(
      () => true,
      () => false,
    );
  await until('a sweep', sweep, IDLE_MS);
  await run.success();
  await historyMatches(run);
});

test('the next request on the thread resends the message of a run whose `wakeBy` is overdue', async (t) => {
  const client = await connect(t, { query: { thread: newId('t') } });
  const runId = newId('r');
  await inject(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', containing: runId });
  const run = await client.prompt('Hey!', { runId });
  await setAttribute(run.threadId, runId, 'wakeBy', Math.floor(Date.now() / 1000) - 1);
  await client.history();
  await run.success();
});

test('a step that the table refuses for good ends the run in its first attempt', async (t) => {
  const { client, ids } = await named(t);
  await inject(t, {
    effect: 'invalid',
    operation: 'TransactWriteItems',
    function: 'worker',
    containing: [ids.runId, 'STEP_FINISHED'],
    times: ALWAYS,
  });
  const run = await client.prompt(PROMPT, { runId: ids.runId });
  await run.end(RECOVERY_MS);
  const row = await endedRow(ids.threadId, ids.runId);
  assert.equal(row.status, 'failed');
  assert.equal(run.events.at(-1)?.code, 'internal');
  assert.equal(row.epoch, 1);
  // The next model call begins while the step is stored.
  assert.ok((await requests(ids.runId)).length <= 2, 'model calls');
  await idle(ids.threadId, IDLE_MS);
  await answersNextPrompt(client);
});
