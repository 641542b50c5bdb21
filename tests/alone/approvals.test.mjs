// Calls that a person approves before the server makes them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import {
  APPROVALS,
  APPROVE,
  answersIn,
  asked,
  askedTwice,
  callsIn,
  DENY,
  decided,
  needApproval,
  seenByModel,
  sendApproval,
} from '../harness/approvals.mjs';
import { connect, newId, resumed } from '../harness/client.mjs';
import { sendResult } from '../harness/client-tools.mjs';
import { answersNextPrompt, metaOf, threadConforms } from '../harness/thread.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const NOTHING = { toolCallIds: [], interrupts: [] };

/** The history's message with the result of a call. @param {Client} client @param {string} threadId @param {string} call */
async function resultIn(client, threadId, call) {
  const { messages } = await client.history({ threadId });
  return messages.find((/** @type {any} */ { toolCallId }) => toolCallId === call);
}

describe('calls that need approval', () => {
  needApproval(APPROVALS);

  describe('one call', () => {
    test('ends the run with an interrupt that says what is asked', async (t) => {
      const client = await connect(t);
      const { run, interrupt, threadId } = await asked(client);
      const [call, ...others] = callsIn(run);
      assert.deepEqual([call.name, others], ['current_time', []]);
      assert.deepEqual([call.metadata['lw.executor'], call.metadata['lw.approval']], ['server', 'always']);
      const { responseSchema, expiresAt, ...rest } = interrupt;
      assert.deepEqual(rest, {
        id: `i_${call.id}`,
        reason: 'tool_call',
        message: 'The assistant wants to call the tool current_time.',
        toolCallId: call.id,
      });
      const { editedArgs, ...properties } = responseSchema.properties;
      assert.deepEqual([responseSchema.type, responseSchema.required], ['object', ['approved']]);
      assert.deepEqual(properties, { approved: { type: 'boolean' }, reason: { type: 'string', maxLength: 1000 } });
      assert.deepEqual(editedArgs.required, ['timezone']);
      assert.equal(Date.parse(expiresAt), (await metaOf(threadId)).pending.until * 1000);
      assert.deepEqual(run.of('TOOL_CALL_RESULT'), []);
      assert.deepEqual((await validate([run.events])).outcomes, ['interrupt']);
    });

    test('is made when it is approved, and the model goes on', async (t) => {
      const client = await connect(t);
      const { run, interrupt, threadId } = await asked(client);
      const before = Math.floor(Date.now() / 1000) * 1000;
      const next = await decided(client, threadId, interrupt.id, APPROVE);
      await next.success();
      assert.equal(next.text, 'That was the clock.');
      assert.equal(next.events[0].metadata['lw.after'], run.id);
      assert.deepEqual(next.shape.slice(0, 4), ['RUN_STARTED', 'CUSTOM', 'TOOL_CALL_RESULT', 'STEP_STARTED']);
      const [, status, result, step] = next.events;
      assert.deepEqual([status.name, status.value.toolCallId], ['lw.status', interrupt.toolCallId]);
      assert.deepEqual([result.toolCallId, result.metadata['lw.outcome']], [interrupt.toolCallId, 'success']);
      assert.match(result.content, /^In Europe\/Berlin it is /);
      assert.equal(step.stepName, 'turn-1');
      assert.deepEqual(answersIn(next), []);
      assert.deepEqual((await seenByModel(next.id)).results, [result.content]);
      const { approval } = await resultIn(client, threadId, interrupt.toolCallId);
      assert.deepEqual(approval, { approved: true, at: approval.at });
      assert.match(approval.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.ok(Date.parse(approval.at) >= before && Date.parse(approval.at) <= Date.now(), approval.at);
      await threadConforms([run, next]);
      await answersNextPrompt(client);
    });

    test('is not made when it is denied, and the model sees the reason', async (t) => {
      const client = await connect(t);
      /** @type {[import('../harness/approvals.mjs').Answer, string][]} */
      const answers = [
        [DENY, 'The user denied the call.'],
        [{ ...DENY, reason: 'too expensive' }, 'The user denied the call: too expensive'],
      ];
      for (const [answer, text] of answers) {
        const { run, interrupt, threadId } = await asked(client);
        const next = await decided(client, threadId, interrupt.id, answer);
        await next.success();
        assert.deepEqual(answersIn(next), [[interrupt.toolCallId, 'denied', text]]);
        assert.deepEqual([next.of('TOOL_CALL_RESULT'), next.shape[1]], [[], 'STEP_STARTED']);
        assert.deepEqual((await seenByModel(next.id)).results, [text]);
        const { content, approval } = await resultIn(client, threadId, interrupt.toolCallId);
        assert.deepEqual([content, approval], [text, { ...answer, at: approval.at }]);
        assert.deepEqual((await validate([run.events, next.events])).violations, []);
      }
    });

    test('is made with the arguments that the user edited', async (t) => {
      const client = await connect(t);
      const { run, interrupt, threadId } = await asked(client);
      const answer = { ...APPROVE, editedArgs: { timezone: 'Asia/Tokyo' } };
      const next = await decided(client, threadId, interrupt.id, answer);
      await next.success();
      const [{ content }] = next.of('TOOL_CALL_RESULT');
      const [line, result] = content.split('\n');
      assert.equal(line, '[The user changed the arguments of the call to {"timezone":"Asia/Tokyo"}.]');
      assert.match(result, /^In Asia\/Tokyo it is /);
      const own = { timezone: 'Europe/Berlin' };
      assert.deepEqual(callsIn(run)[0].arguments, own);
      assert.deepEqual(await seenByModel(next.id), { inputs: [own], results: [content] });
      const { messages } = await client.history({ threadId });
      const [call] = messages.flatMap((/** @type {any} */ { toolCalls }) => toolCalls ?? []);
      assert.deepEqual(JSON.parse(call.function.arguments), own);
      const { approval } = await resultIn(client, threadId, interrupt.toolCallId);
      assert.deepEqual(approval, { ...answer, at: approval.at });
      await threadConforms([run, next]);
    });

    test('waits on when the edited arguments do not fit the schema', async (t) => {
      const client = await connect(t);
      const { run, interrupt, threadId } = await asked(client);
      for (const editedArgs of [{ timezone: 7 }, {}]) {
        const refused = await sendApproval(client, threadId, interrupt.id, { ...APPROVE, editedArgs });
        assert.deepEqual([refused.type, refused.code], ['error', 'invalid_message'], JSON.stringify(refused));
        assert.match(refused.message, /^`editedArgs[^`]*` does not fit the tool: /);
      }
      assert.deepEqual((await client.history({ threadId })).pending.interrupts, [interrupt]);
      const next = await decided(client, threadId, interrupt.id, { ...APPROVE, editedArgs: { timezone: 'UTC' } });
      await next.success();
      assert.match(next.of('TOOL_CALL_RESULT')[0].content, /\nIn UTC it is /);
      await threadConforms([run, next]);
    });

    test('is pending for every device, in `history` and in `resumed`', async (t) => {
      const query = { thread: newId('t') };
      const [client, other] = [await connect(t, { query }), await connect(t, { query })];
      const { run, interrupt, threadId } = await asked(client);
      const pending = { toolCallIds: [], interrupts: [interrupt] };
      assert.deepEqual((await other.history({ threadId })).pending, pending);
      assert.deepEqual((await resumed(t, run)).pending, pending);
      const next = await decided(other, threadId, interrupt.id, APPROVE);
      await next.success();
      await client.until('the run that follows, on the first device', ({ runs }) => runs.get(next.id)?.ended);
      assert.deepEqual((await client.history({ threadId })).pending, NOTHING);
      assert.equal((await resumed(t, run)).pending, undefined);
    });
  });

  describe('once', () => {
    test('a repeated answer is a duplicate, and another one is refused', async (t) => {
      const client = await connect(t);
      /** @type {Record<string, any>[]} */
      const answers = [APPROVE, { ...APPROVE, editedArgs: { timezone: 'UTC' } }, { ...DENY, reason: 'no' }];
      for (const answer of answers) {
        const { interrupt, threadId } = await asked(client);
        const next = await decided(client, threadId, interrupt.id, /** @type {any} */ (answer));
        const repeated = await sendApproval(client, threadId, interrupt.id, answer);
        assert.deepEqual([repeated.type, repeated.duplicate, repeated.runId], ['ack', true, next.id]);
        for (const other of [...answers, DENY].filter((each) => each !== answer)) {
          const refused = await sendApproval(client, threadId, interrupt.id, other);
          assert.deepEqual([refused.type, refused.code], ['error', 'not_pending'], JSON.stringify(refused));
        }
        await next.success();
        assert.equal((await sendApproval(client, threadId, interrupt.id, answer)).status, 'finished');
      }
    });

    test('a repeated answer is a duplicate while another interrupt waits', async (t) => {
      const client = await connect(t);
      const { run, interrupts, threadId } = await askedTwice(client);
      const [first, second] = interrupts;
      await sendApproval(client, threadId, first.id, DENY);
      const repeated = await sendApproval(client, threadId, first.id, DENY);
      const { status, duplicate, runId, pending } = repeated;
      assert.deepEqual([status, duplicate, runId, pending], ['accepted', true, run.id, [second.toolCallId]]);
      assert.equal((await sendApproval(client, threadId, first.id, APPROVE)).code, 'not_pending');
      await (await decided(client, threadId, second.id, DENY)).success();
    });

    test('of two contrary answers at the same time one counts', async (t) => {
      const query = { thread: newId('t') };
      const clients = [await connect(t, { query }), await connect(t, { query })];
      const { interrupt, threadId } = await asked(clients[0]);
      const responses = await Promise.all(
        [APPROVE, DENY].map((answer, at) => sendApproval(clients[at], threadId, interrupt.id, answer)),
      );
      const [ack, ...others] = responses.filter(({ type }) => type === 'ack');
      assert.deepEqual([ack?.status, others], ['queued', []], JSON.stringify(responses));
      assert.ok(responses.some(({ code }) => code === 'not_pending'));
      const run = await clients[0].until(
        'the run that follows',
        ({ runs }) => runs.get(ack.runId)?.ended && runs.get(ack.runId),
      );
      const made = run.events.some(({ type }) => type === 'TOOL_CALL_RESULT');
      assert.equal(made, responses[0] === ack);
    });

    test('an interrupt that nobody asked, and one of another thread, are refused', async (t) => {
      const client = await connect(t);
      const { interrupt, threadId } = await asked(client);
      for (const [thread, id] of [
        [threadId, 'i_tc_unknown'],
        [threadId, interrupt.toolCallId],
        [newId('t'), interrupt.id],
      ]) {
        const refused = await sendApproval(client, thread, id, APPROVE);
        assert.deepEqual([refused.type, refused.code], ['error', 'not_pending'], JSON.stringify(refused));
      }
      const result = await sendResult(client, threadId, interrupt.toolCallId, 'noon');
      assert.deepEqual([result.type, result.code], ['error', 'not_pending']);
    });
  });

  test('another format than agui ends with an error', async (t) => {
    const client = await connect(t, { query: { format: 'simple' } });
    client.socket.send(JSON.stringify({ action: 'prompt', prompt: 'sim:approval' }));
    const error = await client.socket.until('the error', () =>
      client.socket.frames.find(({ text }) => text.includes('"type":"error"')),
    );
    assert.match(error.text, /This run needs an answer; use format=agui\./);
  });
});
