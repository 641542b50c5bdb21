// Steps with several calls, of which some need approval.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  APPROVALS,
  APPROVE,
  answersIn,
  askedTwice,
  callsIn,
  DENY,
  decided,
  interruptsOf,
  needApproval,
  seenByModel,
  sendApproval,
} from '../harness/approvals.mjs';
import { connect, newId, resumed } from '../harness/client.mjs';
import { answered, SONG, sendResult, TOOLS } from '../harness/client-tools.mjs';
import { requests } from '../harness/simulator.mjs';
import { answersNextPrompt, threadConforms } from '../harness/thread.mjs';

describe('a step with several calls', () => {
  needApproval(APPROVALS);

  describe('a rule', () => {
    test('lets calls that it does not match run at once', async (t) => {
      const client = await connect(t);
      const run = await (await client.prompt('sim:text-and-tool')).success();
      assert.match(run.of('TOOL_CALL_RESULT')[0].content, /in Berlin/);
      assert.equal(callsIn(run)[0].metadata['lw.approval'], 'rule');
    });

    test('asks for the call of a step that it matches, after the others have run', async (t) => {
      const client = await connect(t);
      const run = await client.prompt('sim:two-tools');
      const [interrupt, ...others] = await interruptsOf(run);
      const [berlin, tokyo] = callsIn(run);
      assert.deepEqual([interrupt.toolCallId, others], [tokyo.id, []]);
      assert.equal(interrupt.message, 'The assistant wants to call the tool get_weather.');
      assert.deepEqual(
        run.of('TOOL_CALL_RESULT').map(({ toolCallId }) => toolCallId),
        [berlin.id],
      );
      const next = await decided(client, run.threadId, interrupt.id, APPROVE);
      await next.success();
      const { results } = await seenByModel(next.id);
      assert.deepEqual([results.length, next.of('TOOL_CALL_RESULT').length], [2, 1]);
      assert.match(results[0], /in Berlin/);
      assert.match(results[1], /in Tokyo/);
      await threadConforms([run, next]);
    });
  });

  describe('several calls', () => {
    test('two approvals from two connections start one run', async (t) => {
      const query = { thread: newId('t') };
      const [client, other] = [await connect(t, { query }), await connect(t, { query })];
      const { run, interrupts, threadId } = await askedTwice(client);
      const [first, second] = interrupts;
      assert.deepEqual(
        interrupts.map(({ toolCallId }) => toolCallId),
        callsIn(run).map(({ id }) => id),
      );
      const ack = await sendApproval(other, threadId, second.id, APPROVE);
      assert.deepEqual([ack.status, ack.runId, ack.pending], ['accepted', run.id, [first.toolCallId]]);
      assert.deepEqual((await client.history({ threadId })).pending.interrupts, [first]);
      const next = await decided(client, threadId, first.id, APPROVE);
      await next.success();
      assert.deepEqual(
        next.of('TOOL_CALL_RESULT').map(({ toolCallId }) => toolCallId),
        [first.toolCallId, second.toolCallId],
      );
      await threadConforms([run, next]);
    });

    test('one is denied and one approved', async (t) => {
      const client = await connect(t);
      const { run, interrupts, threadId } = await askedTwice(client);
      const [first, second] = interrupts;
      await sendApproval(client, threadId, first.id, DENY);
      const next = await decided(client, threadId, second.id, APPROVE);
      await next.success();
      assert.deepEqual(answersIn(next), [[first.toolCallId, 'denied', 'The user denied the call.']]);
      const [result, ...others] = next.of('TOOL_CALL_RESULT');
      assert.deepEqual([result.toolCallId, others], [second.toolCallId, []]);
      assert.deepEqual((await seenByModel(next.id)).results, ['The user denied the call.', result.content]);
      await threadConforms([run, next]);
    });

    test('answers at the same time start one run', async (t) => {
      const query = { thread: newId('t') };
      const clients = [await connect(t, { query }), await connect(t, { query })];
      const { run, interrupts, threadId } = await askedTwice(clients[0]);
      const acks = await Promise.all(interrupts.map(({ id }, at) => sendApproval(clients[at], threadId, id, APPROVE)));
      assert.deepEqual(acks.map(({ status }) => status).sort(), ['accepted', 'queued'], JSON.stringify(acks));
      const started = acks.find(({ status }) => status === 'queued')?.runId;
      await clients[0].until('the run that follows', ({ runs }) => runs.get(started)?.ended);
      assert.deepEqual([...clients[0].runs.keys()], [run.id, started]);
    });
  });

  test('a step with a call of the client asks for approval first, and then leaves that call to the client', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:approval-mixed', { tools: TOOLS });
    const [interrupt, ...others] = await interruptsOf(run);
    const [song, weather, time] = callsIn(run);
    assert.deepEqual([interrupt.toolCallId, others], [time.id, []]);
    assert.deepEqual(
      run.of('TOOL_CALL_RESULT').map(({ toolCallId }) => toolCallId),
      [weather.id],
    );
    const { threadId } = run;
    assert.deepEqual((await client.history({ threadId })).pending, { toolCallIds: [], interrupts: [interrupt] });
    assert.equal((await sendResult(client, threadId, song.id, SONG)).code, 'not_pending');
    assert.equal((await sendApproval(client, threadId, `i_${song.id}`, APPROVE)).code, 'not_pending');

    const made = await decided(client, threadId, interrupt.id, APPROVE);
    const { outcome } = /** @type {any} */ (await made.end());
    assert.deepEqual(outcome, { type: 'success', pendingToolCallIds: [song.id] });
    assert.deepEqual(made.shape, ['RUN_STARTED', 'CUSTOM', 'TOOL_CALL_RESULT', 'RUN_FINISHED']);
    assert.deepEqual(await requests(made.id), []);
    assert.deepEqual((await client.history({ threadId })).pending, { toolCallIds: [song.id], interrupts: [] });
    assert.deepEqual((await resumed(t, made)).pending, { toolCallIds: [song.id], interrupts: [] });

    const next = await answered(client, threadId, song.id, SONG);
    await next.success();
    assert.equal(next.events[0].metadata['lw.after'], made.id);
    const { results } = await seenByModel(next.id);
    assert.deepEqual([results.length, results[0]], [3, SONG]);
    assert.match(results[1], /in Berlin/);
    assert.match(results[2], /^In Europe\/Berlin it is /);
    assert.equal(next.text, 'All three have answered.');
    await threadConforms([run, made, next]);
    await answersNextPrompt(client);
  });
});
