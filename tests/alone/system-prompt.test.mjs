// A system prompt that is too long for an environment variable: the worker reads it from a parameter.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { putParameter } from '../harness/parameters.mjs';
import { requests } from '../harness/simulator.mjs';

const PARAMETER = '/longwire/tests/system-prompt';

/** Returns a prompt in Japanese. @param {number} characters */
function japanese(characters) {
  const sentence = '「日本語」で、短く答える。\n';
  return sentence.repeat(characters).slice(0, characters);
}

/** Returns the system prompts that the model got for a new run. @param {import('node:test').TestContext} t */
async function shown(t) {
  const run = await (await connect(t)).answer('How is the weather in New York?');
  return (await requests(run.id)).map(({ body }) =>
    body.system.map((/** @type {any} */ { text }) => text ?? '').join(''),
  );
}

test('a long system prompt reaches the model whole, in the version of the release', async (t) => {
  const former = japanese(2000);
  const later = `${japanese(2600)}x`;
  assert.deepEqual([Buffer.byteLength(former) > 5000, Buffer.byteLength(later) > 7000], [true, true]);

  const version = await putParameter(PARAMETER, former, 'String');
  const next = await putParameter(PARAMETER, later, 'String');
  assert.equal(next, version + 1);

  await t.test('the former one, which a newer version has replaced', async (t) => {
    await reconfigure(t, 'worker', { variables: { SYSTEM_PROMPT_PARAMETER: `${PARAMETER}:${version}` } });
    const prompts = await shown(t);
    assert.ok(prompts.length > 1, 'a call for each step');
    assert.ok(prompts.every((prompt) => prompt === former));
  });

  await t.test('the newer one', async (t) => {
    await reconfigure(t, 'worker', { variables: { SYSTEM_PROMPT_PARAMETER: `${PARAMETER}:${next}` } });
    assert.ok((await shown(t)).every((prompt) => prompt === later));
  });
});
