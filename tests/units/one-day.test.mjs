import assert from 'node:assert/strict';
import { test } from 'node:test';

import { withinDay } from '../harness/one-day.mjs';

/** Returns a clock that shows these days, one after another. @param {string[]} days */
function clock(...days) {
  return () => days.shift() ?? assert.fail('the clock is read too often');
}

/** Returns a scene that plays these results, one after another. @param {(string | Error)[]} results */
function scene(...results) {
  return async () => {
    const result = results.shift() ?? assert.fail('the scene is played too often');
    if (result instanceof Error) throw result;
    return result;
  };
}

test('a scene within one day is played once', async () => {
  assert.equal(await withinDay(scene('first'), clock('26', '26')), 'first');
  await assert.rejects(withinDay(scene(new Error('first')), clock('26', '26')), /first/);
});

test('a scene during which the day changes is played again, and only the second counts', async () => {
  assert.equal(await withinDay(scene('first', 'second'), clock('26', '27')), 'second');
  assert.equal(await withinDay(scene(new Error('first'), 'second'), clock('26', '27')), 'second');
  await assert.rejects(withinDay(scene('first', new Error('second')), clock('26', '27')), /second/);
});
