// Limits of a run, a frame and a delta.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { requests, scenario } from '../harness/simulator.mjs';

const MAX_FRAME = 28_672;
const MAX_DELTA = 8 * 1024;
const MAX_STEPS = 10;

/** @param {import('../harness/socket.mjs').Socket} socket */
const sizes = (socket) => socket.frames.map(({ text }) => Buffer.byteLength(text));

describe('limits', { concurrency: 3 }, () => {
  test('a run is cancelled after ten steps', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:endless-tools');
    const last = await run.end(60_000);
    assert.deepEqual(
      [last.type, last.outcome, last.metadata['lw.reason']],
      ['RUN_FINISHED', { type: 'cancelled' }, 'max_steps'],
    );
    assert.equal((await requests(run.id)).length, MAX_STEPS);
    assert.equal(run.of('TOOL_CALL_RESULT').length, run.of('TOOL_CALL_START').length);
    await (await client.prompt('Hey!')).success();
  });

  test('a frame has at most 28,672 bytes, a delta at most 8 KB, and no character is split', async (t) => {
    const text = '👩‍🚀äöü東京 '.repeat(4000);
    await scenario('tests-emoji', { steps: [{ deltas_per_s: 0, chars_per_delta: 30_011, blocks: [{ text }] }] });
    const client = await connect(t);
    const run = await (await client.prompt('sim:tests-emoji')).success();
    assert.equal(run.text, text);
    assert.ok(Math.max(...sizes(client.socket)) <= MAX_FRAME, `${Math.max(...sizes(client.socket))} bytes`);
    const deltas = run.of('TEXT_MESSAGE_CONTENT').map(({ delta }) => Buffer.byteLength(delta));
    assert.ok(Math.max(...deltas) <= MAX_DELTA, `${Math.max(...deltas)} bytes`);
  });

  test('a delta of 40,000 characters is split into frames', async (t) => {
    const client = await connect(t, { protocols: [] });
    const run = await (await client.prompt('sim:huge')).success();
    assert.ok(run.text.length >= 40_000);
    assert.ok(Math.max(...sizes(client.socket)) <= MAX_FRAME);
  });

  test('non-ASCII characters in deltas of one character arrive unchanged', async (t) => {
    const run = await (await (await connect(t)).prompt('sim:unicode')).success();
    assert.equal(run.text, 'Grüße aus 東京 👩‍🚀 – مرحبا');
  });

  test('the longest prompt is answered, and its RUN_STARTED has no input', async (t) => {
    const client = await connect(t);
    const run = await (await client.prompt(`Hey! ${'x'.repeat(24_576 - 5)}`)).success();
    assert.equal(run.events[0].input, undefined);
  });
});
