// Erasing a former generation of a thread, after a change of the thread's own item.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { expireThread, runRow, setAttribute, setItemAttribute } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { answered, belong, sortKeys } from '../harness/generation.mjs';
import { idle } from '../harness/thread.mjs';

const ERASE_MS = 30_000;

describe('erasing', { concurrency: 3 }, () => {
  test('an expired thread loses all its items, and another thread none', async (t) => {
    const [{ run, generation, items }, other] = await Promise.all([answered(t), answered(t)]);
    const prefixes = [
      `RUN#${run.id}`,
      `RUN#${run.id}#IN`,
      `LOG#${run.id}#`,
      `MSG#${generation}#`,
      `MID#${generation}#`,
    ];
    assert.deepEqual(
      prefixes.filter((prefix) => !items.some((item) => item.startsWith(prefix))),
      [],
    );
    await expireThread(run.threadId);
    await until('the thread has no items', async () => (await sortKeys(run.threadId)).length === 0, ERASE_MS);
    assert.deepEqual(await sortKeys(other.run.threadId), other.items);
  });

  test('a deletion erases the former generation and keeps the new one', async (t) => {
    const { run, generation } = await answered(t);
    const next = generation + 1;
    await setItemAttribute(run.threadId, 'META', 'born', next);
    const later = await run.client.answer('Hey!');
    await setAttribute(run.threadId, later.id, 'generation', next);
    await until('the former run is erased', async () => (await runRow(run.threadId, run.id)) === undefined, ERASE_MS);
    const former = (/** @type {string} */ item) => item.includes(`#${generation}#`) || item.includes(run.id);
    await until('the former items are erased', async () => !(await sortKeys(run.threadId)).some(former), ERASE_MS);
    await idle(run.threadId);
    const items = await sortKeys(run.threadId);
    assert.deepEqual(
      items.filter((item) => item.startsWith('MSG#')),
      [`MSG#${next}#00000001`, `MSG#${next}#00000002`],
    );
    assert.ok(items.includes(`RUN#${later.id}`) && items.includes('META'));
    assert.equal((await run.client.answer('Hey!')).text, later.text);
  });

  test('a run under way in an erased generation writes nothing more', async (t) => {
    const client = await connect(t, { query: { thread: newId('t') } });
    const run = await client.prompt('sim:slow');
    await run.firstText();
    await belong(run);
    await expireThread(run.threadId);
    await until('the thread has no items', async () => (await sortKeys(run.threadId)).length === 0, ERASE_MS);
    const other = await connect(t, { query: { thread: run.threadId } });
    const later = await other.answer('Hey!');
    await idle(run.threadId);
    const runs = (await sortKeys(run.threadId)).filter((item) => item.startsWith('RUN#'));
    assert.deepEqual(runs, [`RUN#${later.id}`, `RUN#${later.id}#IN`]);
  });
});
