// Injects faults into many threads on a random schedule with a seed, and checks the invariants afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, queuedMessages } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { removeRules } from '../harness/inject.mjs';
import { random } from '../harness/random.mjs';
import { FAULTS, WEIGHTED } from './faults.mjs';
import { violationsOf } from './invariants.mjs';
import { options } from './options.mjs';
import { prepare, User } from './users.mjs';

const { seconds, threads, seed } = options(JSON.parse(process.env.CHAOS_OPTIONS ?? '[]'));

/** Mean time between two faults: a second for ten threads. */
const BETWEEN_MS = 10_000 / threads;

test(`chaos: ${threads} threads, ${seconds} s, --seed ${seed}`, async (t) => {
  await prepare();
  const users = await Promise.all(Array.from({ length: threads }, () => User.create(t)));
  const end = Date.now() + seconds * 1000;
  const over = () => Date.now() >= end;
  const acting = users.map((user, at) => user.act(random(seed * 1000 + at + 1), over));
  const injected = await injectFaults(t, users, over);
  await removeRules();
  await Promise.all(acting);
  const runs = users.flatMap(({ started }) => started).length;
  t.diagnostic(
    `${runs} runs; ${Object.entries(injected)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  );
  // One after another, because the emulator is slow when it reads whole threads.
  const violations = [];
  for (const user of users) violations.push(...(await violationsOf(user)));
  // A message whose worker was killed before it shortened the visibility stays invisible for the function's timeout.
  t.diagnostic(`${await deadLetters()} dead letters, ${await queuedMessages()} messages left`);
  assert.deepEqual(violations, [], `--seed ${seed}`);
  assert.ok(runs >= threads, `only ${runs} runs`);
});

/** @param {import('node:test').TestContext} t @param {User[]} users @param {() => boolean} over */
async function injectFaults(t, users, over) {
  const chances = random(seed);
  /** @type {Record<string, number>} */
  const injected = {};
  for (let next = Date.now(); !over(); next += chances.below(2 * BETWEEN_MS)) {
    await until('the time of the next fault', () => Date.now() >= next || over(), 60_000);
    const name = chances.pick(WEIGHTED);
    const what = await FAULTS[name](chances, users, t);
    injected[name] = (injected[name] ?? 0) + 1;
    if (process.env.CHAOS_VERBOSE) console.log(`${new Date().toISOString()} ${name} ${what}`);
  }
  return injected;
}
