// A model that thinks with a budget. It refuses results of tools without the reasoning that begins their tool loop, which only
// the run that it is from sends back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APPROVE, decided, interruptsOf } from '../harness/approvals.mjs';
import { connect } from '../harness/client.mjs';
import { answered, pendingCalls, SONG, TOOLS } from '../harness/client-tools.mjs';
import { reconfigure } from '../harness/functions.mjs';
import { requests, scenario } from '../harness/simulator.mjs';

/** @typedef {import('../harness/run.mjs').Run} Run */

/** Model that takes a thinking budget. */
const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const THINKING = { type: 'enabled', budget_tokens: 1024 };
const BETA = { anthropic_beta: ['interleaved-thinking-2025-05-14'] };

/**
 * Adds a scenario whose steps think and call a tool, if they have one, and returns a prompt that plays it.
 * @param {string} name
 * @param {object[][]} calls blocks of each step but the last
 */
async function calling(name, ...calls) {
  const steps = [...calls, [{ text: 'That is all.' }]].map((blocks) => ({ blocks }));
  await scenario(`tests-thinking-${name}`, { steps });
  return `sim:tests-thinking-${name}`;
}

/** Further fields of the requests of a run, oldest first. @param {Run} run */
async function fieldsOf(run) {
  return (await requests(run.id)).map(({ body }) => body.additionalModelRequestFields);
}

/** The blocks of the answers in the first request of a run that are reasoning. @param {Run} run */
async function reasoningIn(run) {
  const [{ body }] = await requests(run.id);
  const blocks = body.messages.flatMap((/** @type {any} */ { content }) => content);
  return blocks.filter((/** @type {any} */ { reasoningContent }) => reasoningContent);
}

/** Checks that a run which follows another went on without thinking. @param {Run} next */
async function wentOnWithoutThinking(next) {
  await next.success();
  assert.equal(next.text, 'That is all.');
  assert.deepEqual(await fieldsOf(next), [BETA]);
  assert.deepEqual(await reasoningIn(next), []);
  const later = await (await next.client.prompt('Hey!')).success();
  assert.deepEqual(await fieldsOf(later), [{ thinking: THINKING, ...BETA }], 'the next prompt');
}

test('a model that thinks with a budget', async (t) => {
  const variables = {
    MODEL_ID,
    MODEL_FIELDS: JSON.stringify({ thinking: THINKING, ...BETA }),
    APPROVALS: JSON.stringify({ current_time: 'always' }),
  };
  await reconfigure(t, 'worker', { variables });
  const thought = { reasoning: 'I need a tool for this.' };

  await t.test('goes on without thinking after the result of a tool of the client', async (t) => {
    const client = await connect(t);
    const prompt = await calling('client', [thought, { tool: 'top_song', input: { sign: 'WZPZ' } }]);
    const run = await client.prompt(prompt, { tools: TOOLS });
    const [call] = await pendingCalls(run);
    assert.deepEqual(await fieldsOf(run), [{ thinking: THINKING, ...BETA }]);
    await wentOnWithoutThinking(await answered(client, run.threadId, call.id, SONG));
  });

  await t.test('goes on without thinking after an approval', async (t) => {
    const client = await connect(t);
    const prompt = await calling('approval', [thought, { tool: 'current_time', input: { timezone: 'UTC' } }]);
    const run = await client.prompt(prompt);
    const [interrupt] = await interruptsOf(run);
    await wentOnWithoutThinking(await decided(client, run.threadId, interrupt.id, APPROVE));
  });

  await t.test('keeps thinking in a run whose later calls come without reasoning', async (t) => {
    const call = (/** @type {string} */ location) => ({ tool: 'get_weather', input: { location } });
    const prompt = await calling('once', [thought, call('Berlin')], [call('Tokyo')]);
    const run = await (await (await connect(t)).prompt(prompt)).success();
    assert.equal(run.text, 'That is all.');
    assert.deepEqual(await fieldsOf(run), Array(3).fill({ thinking: THINKING, ...BETA }));
  });
});
