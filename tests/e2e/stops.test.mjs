// Each stop reason and each fault of a model.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { requests } from '../harness/simulator.mjs';

/** Checks that the next prompt is answered. @param {import('../harness/client.mjs').Client} client */
async function goesOn(client) {
  const run = await (await client.prompt('Hey!')).success();
  assert.equal(run.text, 'Hello! How can I help you today?');
}

describe('stop reasons', { concurrency: 4 }, () => {
  const stops = {
    'stop-end-turn': 'end_turn',
    'stop-sequence': 'stop_sequence',
    'stop-max-tokens': 'max_tokens',
    'stop-guardrail': 'guardrail_intervened',
    'stop-filtered': 'content_filtered',
    'stop-malformed-output': 'malformed_model_output',
    'stop-malformed-tool-use': 'malformed_tool_use',
    'stop-context-window': 'model_context_window_exceeded',
    'stop-unknown': 'sim_brand_new_reason',
  };
  for (const [scenario, reason] of Object.entries(stops)) {
    test(`${reason} is reported in a successful run`, async (t) => {
      const client = await connect(t);
      const run = await (await client.prompt(`sim:${scenario}`)).success();
      assert.equal(run.stopReason, reason);
      assert.equal(run.text, 'This answer stops here.');
      await goesOn(client);
    });
  }

  test('tool_use leads to another step', async (t) => {
    const client = await connect(t);
    const run = await (await client.prompt('sim:stop-tool-use')).success();
    assert.deepEqual(
      run.of('STEP_FINISHED').map(({ metadata }) => metadata['lw.stopReason']),
      ['tool_use', 'end_turn'],
    );
    await goesOn(client);
  });

  test('tool_use without a tool call ends the run', async (t) => {
    const client = await connect(t);
    await client.answer('sim:tool-use-without-tool');
    await goesOn(client);
  });
});

describe('faults', { concurrency: 4 }, () => {
  /** @type {[string, string, boolean, RegExp][]} scenario, code, retryable, the text before the fault */
  const faults = [
    ['fault-throttling', 'model_throttled', true, /^$/],
    ['fault-5xx', 'model_unavailable', true, /^$/],
    ['fault-service-unavailable', 'model_unavailable', true, /^$/],
    ['fault-model-not-ready', 'model_unavailable', true, /^$/],
    ['fault-model-timeout', 'model_timeout', true, /^$/],
    ['fault-access-denied', 'model_access_denied', false, /^$/],
    ['fault-validation', 'model_invalid_request', false, /^$/],
    ['exception-throttling', 'model_throttled', true, /^The quick river runs past/],
    ['exception-service-unavailable', 'model_unavailable', true, /^The quick river runs past/],
    ['exception-stream-error', 'model_stream_error', true, /^The quick river runs past/],
    ['exception-validation', 'model_invalid_request', false, /^The quick river runs past/],
    ['cut', 'model_stream_error', true, /^The quick river runs past/],
    ['no-message-stop', 'model_stream_error', true, /The end\.$/],
    ['nothing', 'model_unusable_reply', true, /^$/],
    ['second-step-throttling', 'model_throttled', true, /^$/],
  ];
  for (const [scenario, code, retryable, text] of faults) {
    test(`${scenario} fails the run with ${code}, and the next prompt is answered`, async (t) => {
      const client = await connect(t);
      const run = await client.prompt(`sim:${scenario}`);
      const last = await run.end(60_000);
      assert.deepEqual([last.type, last.code, last.metadata['lw.retryable'] ?? false], ['RUN_ERROR', code, retryable]);
      assert.ok(last.message.length > 0 && !/arn:|000000000000|sim:/.test(last.message), last.message);
      assert.match(run.text, text);
      assert.equal(
        client.responses.filter(({ type }) => type === 'error').length,
        0,
        'no error response beside RUN_ERROR',
      );
      await goesOn(client);
    });
  }

  const once = [
    'fault-throttling-once',
    'fault-5xx-once',
    'fault-service-unavailable-once',
    'fault-model-not-ready-once',
    'exception-first-once',
    'cut-first-once',
    'no-message-stop-empty-once',
  ];
  for (const scenario of once) {
    test(`${scenario} is retried without a visible event`, async (t) => {
      const client = await connect(t);
      const run = await (await client.prompt(`sim:${scenario}`)).success(60_000);
      assert.equal(run.text, 'After all it worked.');
      assert.equal(run.of('STEP_STARTED').length, 1);
      assert.equal((await requests(run.id)).length, 2);
      await goesOn(client);
    });
  }

  test('a model that falls silent leads to `alive`, then to model_timeout', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:stall');
    const last = await run.end(60_000);
    assert.deepEqual([last.type, last.code], ['RUN_ERROR', 'model_timeout']);
    const alive = client.responses.find(({ type }) => type === 'alive');
    assert.equal(alive?.runId, run.id);
    // RUN_ERROR is the event after the one in `alive`.
    assert.equal(alive?.last, last.metadata['lw.seq'] - 1);
    await goesOn(client);
  });
});
