// DynamoDB, SQS and @connections fail: each call of a run once, each in every way; then all of them for two minutes.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { deadLetters, endedRow, mark, queueEmpty, runRow } from '../harness/aws.mjs';
import { connect, fresh, loyal } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { invoke } from '../harness/functions.mjs';
import { operationsOf } from '../harness/operations.mjs';
import { scenario } from '../harness/simulator.mjs';
import { ALWAYS, spoil } from '../harness/spoil.mjs';
import { free, goesOn, told } from '../harness/thread.mjs';

/** @typedef {import('../harness/operations.mjs').Kind} Kind */
/** @typedef {import('../harness/faults.mjs').Effect} Effect */

const RECOVERY_MS = 90_000;
const OUTAGE_MS = 120_000;
/** The lease, its successor's way to the run, and a busy machine. */
const FREE_MS = 30_000;

const SERVICES = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems', 'BatchWriteItem',
  'SendMessage', 'ChangeMessageVisibility', 'PostToConnection'];
/** What conflicts with a transaction. */
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];
const PROMPT = 'sim:tool';

/** A client with the names it goes by. @param {any} t */
async function named(t) {
  const client = await loyal(t);
  const { connectionId, threadId } = await client.ask({ action: 'hello' });
  return { client, ids: { runId: fresh('r'), threadId, connectionId } };
}

/** One run, during which something is spoilt. @param {any} t @param {Kind} kind @param {Effect} effect */
async function disturbed(t, { function: by, operation, names, after }, effect) {
  const { client, ids } = await named(t);
  const holding = names === '' ? [] : [ids[/** @type {keyof typeof ids} */ (names)]];
  const rule = await spoil(t, { effect, function: by, operation, holding, after });
  const began = Date.now();
  const run = await client.prompt(PROMPT, { runId: ids.runId });
  await run.success(RECOVERY_MS);
  const took = Date.now() - began;
  await free(ids.threadId, FREE_MS);
  const met = await rule.count();
  await told(run);
  assert.equal(run.text, 'The tool has answered.');
  return { met, took };
}

describe('each call of a run', () => {
  /** @type {Kind[]} */
  let kinds = [];

  before(async () => {
    const { client, ids } = await named({ after: () => {} });
    const since = Date.now();
    await (await client.prompt(PROMPT, { runId: ids.runId })).success();
    await free(ids.threadId);
    kinds = await operationsOf(ids, since);
    client.leave();
    assert.ok(kinds.length > 15, JSON.stringify(kinds));
  });

  for (const effect of /** @type {Effect[]} */ (['fail', 'lose', 'conflict'])) {
    test({ fail: 'fails once', lose: 'is done, but its answer is lost', conflict: 'conflicts once' }[effect] ?? effect, async (t) => {
      const chosen = kinds.filter(({ operation }) => effect !== 'conflict' || WRITES.includes(operation));
      let met = 0;
      let longest = { took: 0, what: '' };
      const failures = [];
      for (const kind of chosen) {
        const what = `${kind.function} ${kind.operation} ${kind.names} #${kind.after}`;
        try {
          const done = await disturbed(t, kind, effect);
          met += done.met;
          if (done.took > longest.took) longest = { took: done.took, what };
        } catch (error) {
          failures.push(`${what}: ${/** @type {Error} */ (error).message.slice(0, 300)}`);
        }
      }
      t.diagnostic(`${chosen.length} calls, ${met} met; the longest run took ${longest.took} ms (${longest.what})`);
      assert.deepEqual(failures, []);
      assert.ok(met > chosen.length / 2, `only ${met} of ${chosen.length} calls were met`);
      await queueEmpty(RECOVERY_MS);
      assert.equal(await deadLetters(), 0);
    });
  }
});

test('everything fails for two minutes: nothing acknowledged is lost, the threads are free again', async (t) => {
  await scenario('tests-outage', { steps: [{ deltas_per_s: 10, blocks: [{ text: `${'word '.repeat(60)}end.` }] }] });
  await scenario('tests-late-start', { steps: [{ ttft_ms: 10_000, blocks: [{ text: 'Here I am at last.' }] }] });
  const options = { onGone: 'grace:600' };
  const clients = await Promise.all([1, 2, 3, 4].map(() => loyal(t)));
  const [text, first, tool, idle] = clients;
  const runs = [
    await text.prompt('sim:tests-outage', { options }),
    await text.prompt('What is 1 + 1?', { options }),
    await first.prompt('sim:tests-late-start', { options }),
    await tool.prompt('sim:tool', { options }),
  ];
  await runs[0].words();
  const outage = await spoil(t, { effect: 'fail', operation: SERVICES, times: ALWAYS });
  const began = Date.now();
  const id = fresh('q');
  idle.ask({ action: 'prompt', prompt: 'Hey!', id, runId: fresh('r'), options }, OUTAGE_MS * 2).catch(() => undefined);
  const answer = await idle.until('a clear error', () => idle.controls.find(({ type }) => type === 'error'), 30_000);
  assert.ok(['unavailable', 'internal'].includes(answer.code) && (answer.gateway || answer.retryable), JSON.stringify(answer));
  await until('two minutes are over', () => Date.now() - began >= OUTAGE_MS, OUTAGE_MS + 5000);
  await outage.withdraw();
  const back = Date.now();
  const ends = await Promise.all(runs.map(async (run) => {
    const row = await endedRow(run.threadId, run.id, 300_000);
    return `${row.status} ${row.reason ?? ''} after ${Date.now() - back} ms, ${row.crashes} crashes`;
  }));
  t.diagnostic(ends.join('; '));
  for (const run of runs) await free(run.threadId, FREE_MS);
  const freed = Date.now() - back;
  t.diagnostic(`free ${freed} ms after the stores were back`);
  for (const run of runs) await run.end(RECOVERY_MS);
  await idle.until('the refused start is taken', () => idle.controls.some((line) => line.id === id && line.type === 'ack'), FREE_MS);
  for (const client of clients) await goesOn(client);
  assert.ok(freed <= FREE_MS, `${freed} ms`);
});

test('a message that got lost: the sweep finds its run', async (t) => {
  const client = await connect(t, { query: { thread: fresh('t') } });
  const runId = fresh('r');
  const lost = await spoil(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', holding: runId });
  const run = await client.prompt('Hey!', { runId, options: { onGone: 'finish' } });
  await lost.met();
  assert.equal((await runRow(run.threadId, runId))?.status, 'queued');
  await mark(run.threadId, runId, 'wakeBy', Math.floor(Date.now() / 1000) - 1);
  await invoke('sweep');
  await run.success();
  await told(run);
});

test('a message that got lost: the thread’s next word finds its run', async (t) => {
  const client = await connect(t, { query: { thread: fresh('t') } });
  const runId = fresh('r');
  await spoil(t, { effect: 'swallow', operation: 'SendMessage', function: 'ingest', holding: runId });
  const run = await client.prompt('Hey!', { runId });
  await mark(run.threadId, runId, 'wakeBy', Math.floor(Date.now() / 1000) - 1);
  await client.history();
  await run.success();
});
