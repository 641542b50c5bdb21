// Tests of what counts by day and month, which begin anew at midnight (UTC).

import { test } from 'node:test';

/** @typedef {import('node:test').TestContext} TestContext */

/** Current day of UTC. */
function today() {
  return new Date().toISOString().slice(0, 10);
}

/**
 * Plays a scene within one day: a second time if the day changed during the first, whatever came of it. A scene must not
 * use what an earlier one left behind, so it has users of its own.
 * @template T
 * @param {() => Promise<T>} play
 * @param {() => string} [day] the current day
 * @returns {Promise<T>}
 */
export async function withinDay(play, day = today) {
  const began = day();
  const [played] = await Promise.allSettled([play()]);
  if (day() !== began) return play();
  if (played.status === 'rejected') throw played.reason;
  return played.value;
}

/**
 * Test whose users must not get the next day's budget while it runs.
 * @param {string} name
 * @param {(t: TestContext) => Promise<void>} play
 */
export function testWithinDay(name, play) {
  return test(name, (t) => withinDay(() => play(t)));
}
