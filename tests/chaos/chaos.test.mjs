// A seeded random schedule over many threads at once. Nothing is expected but that the invariants hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deadLetters, messages } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { random } from '../harness/random.mjs';
import { calm } from '../harness/spoil.mjs';
import { BLOWS, LOT } from './blows.mjs';
import { wrongWith } from './invariants.mjs';
import { options } from './options.mjs';
import { Person, prepare } from './people.mjs';

const { seconds, threads, seed } = options(JSON.parse(process.env.CHAOS_OPTIONS ?? '[]'));

/** Ten threads get a blow about every second. */
const BETWEEN_MS = 10_000 / threads;

test(`chaos: ${threads} threads, ${seconds} s, --seed ${seed}`, async (t) => {
  await prepare();
  const people = await Promise.all(Array.from({ length: threads }, () => Person.come(t)));
  const end = Date.now() + seconds * 1000;
  const over = () => Date.now() >= end;
  const lives = people.map((person, at) => person.live(random(seed * 1000 + at + 1), over));
  const dealt = await storm(t, people, over);
  await calm();
  await Promise.all(lives);
  const runs = people.flatMap(({ started }) => started).length;
  t.diagnostic(`${runs} runs; ${Object.entries(dealt).map(([name, count]) => `${name} ${count}`).join(', ')}`);
  // One after another: the emulator is slow to read so much.
  const wrong = [];
  for (const person of people) wrong.push(...await wrongWith(person));
  // A message whose worker was killed before it said anything stays hidden for as long as a worker may live.
  t.diagnostic(`${await deadLetters()} dead letters, ${await messages()} messages left`);
  assert.deepEqual(wrong, [], `--seed ${seed}`);
  assert.ok(runs >= threads, `only ${runs} runs`);
});

/** @param {import('node:test').TestContext} t @param {Person[]} people @param {() => boolean} over */
async function storm(t, people, over) {
  const chances = random(seed);
  /** @type {Record<string, number>} */
  const dealt = {};
  for (let next = Date.now(); !over(); next += chances.below(2 * BETWEEN_MS)) {
    await until('the next blow', () => Date.now() >= next || over(), 60_000);
    const name = chances.pick(LOT);
    const what = await BLOWS[name](chances, people, t);
    dealt[name] = (dealt[name] ?? 0) + 1;
    if (process.env.CHAOS_TALKS) console.log(`${new Date().toISOString()} ${name} ${what}`);
  }
  return dealt;
}
