// Number of posts for the events of a run. The proxy delays each post by a fixed time, so the number follows from the
// coalescing rules (docs/protocol.md, "Order and delivery") and not from how fast the machine is.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reconnecting } from '../harness/client.mjs';
import { ALWAYS, inject } from '../harness/inject.mjs';
import { scenario } from '../harness/simulator.mjs';

/**
 * Plays a prompt to a connection whose posts take at least `delay` milliseconds.
 * @param {import('node:test').TestContext} t
 * @param {string} prompt
 * @param {number} delay
 */
async function played(t, prompt, delay) {
  const client = await reconnecting(t);
  const { connectionId } = await client.request({ action: 'hello' });
  const posts = await inject(t, {
    effect: 'delay',
    operation: 'PostToConnection',
    containing: connectionId,
    times: ALWAYS,
    ms: delay,
  });
  const run = await (await client.prompt(prompt)).success();
  const count = await posts.count();
  t.diagnostic(`${count} posts, ${run.of('TEXT_MESSAGE_CONTENT').length} text events`);
  return { run, count };
}

test('300 deltas at 200 a second are coalesced into a post each 33 ms, and nothing is lost', async (t) => {
  const { run, count } = await played(t, 'sim:long', 25);
  assert.equal(run.text.split(' ').length, 300);
  assert.match(run.text, /^The quick river .* end\.$/);
  // The model takes 1.5 s on any machine, which is at most 45 windows of 33 ms. A few posts come before the first window
  // and at the end. Without the window it would be a post each 25 ms, which makes 60 and those few.
  assert.ok(count <= 53, `${count} posts`);
});

test('a burst of 75 deltas takes at most 8 posts', async (t) => {
  // Longer than the worker needs to read the burst, so that most of it waits behind one post.
  const { run, count } = await played(t, 'sim:burst', 250);
  assert.equal(run.text.split(' ').length, 75);
  assert.ok(count <= 8, `${count} posts`);
});

test('deltas that are slower than posts are not coalesced', async (t) => {
  const words = 'word '.repeat(59);
  await scenario('tests-slow-deltas', { steps: [{ deltas_per_s: 12.5, blocks: [{ text: `${words}end.` }] }] });
  const { run } = await played(t, 'sim:tests-slow-deltas', 0);
  assert.equal(run.text, `${words}end.`);
  const pieces = run.of('TEXT_MESSAGE_CONTENT').length;
  // A delta comes each 80 ms, so a window of 100 ms would make 30 pieces. On a machine that is late now and then, some
  // deltas catch up with each other.
  assert.ok(pieces > 35, `60 deltas came in ${pieces} pieces`);
});
