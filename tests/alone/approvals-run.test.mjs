// Approvals in AG-UI's RunAgentInput, from an agent of AG-UI's own client and by hand.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { buildResumeArray } from '@ag-ui/client';

import { validate } from '../conformance/agui.mjs';
import { LongwireAgent } from '../harness/agui-agent.mjs';
import { APPROVALS, APPROVE, answersIn, callsIn, interruptsOf, needApproval, twoCalls } from '../harness/approvals.mjs';
import { connect, newId } from '../harness/client.mjs';
import { SONG, TOOLS } from '../harness/client-tools.mjs';
import { Run } from '../harness/run.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

/** @param {string} content */
const user = (content) => ({ id: newId('u'), role: /** @type {const} */ ('user'), content });

/** @param {string} interruptId @param {Record<string, any>} payload */
const resolved = (interruptId, payload) => ({ interruptId, status: 'resolved', payload });

/** An agent on a thread of its own, with its connection. @param {import('node:test').TestContext} t */
async function agent(t) {
  const threadId = newId('t');
  const client = await connect(t, { query: { thread: threadId } });
  return { client, threadId, agent: new LongwireAgent(client, threadId) };
}

/** Answers all interrupts of an agent. @param {LongwireAgent} agent @param {Record<string, any>} payload */
function resume({ pendingInterrupts }, payload) {
  const answers = pendingInterrupts.map(({ id }) => [id, { status: /** @type {const} */ ('resolved'), payload }]);
  return buildResumeArray(pendingInterrupts, Object.fromEntries(answers));
}

/**
 * Checks that all runs of an agent conform to AG-UI, and that the agent has the messages of the history.
 * @param {Client} client
 * @param {LongwireAgent} agent
 */
async function agentConforms(client, { threadId, messages }) {
  const { violations } = await validate([...client.catchUp().runs.values()].map(({ events }) => events));
  assert.deepEqual(violations, []);
  const history = await client.history({ threadId });
  const ids = (/** @type {any[]} */ of) => of.map(({ id }) => id).sort();
  assert.deepEqual(ids(messages), ids(history.messages));
}

/** Starts a run that ends with two calls that need approval. @param {Client} client @param {string} threadId */
async function started(client, threadId) {
  const request = { action: 'run', threadId, runId: newId('r'), messages: [user(await twoCalls())] };
  const run = new Run(client, await client.request(request));
  return { run, interrupts: await interruptsOf(run) };
}

describe('approvals in `run`', () => {
  needApproval(APPROVALS);

  test("an agent of AG-UI's client answers an interrupt", async (t) => {
    const { client, agent: each } = await agent(t);
    each.addMessage(user('sim:approval'));
    await each.runAgent({});
    assert.equal(each.pendingInterrupts.length, 1);
    await each.runAgent({ resume: resume(each, APPROVE) });
    assert.deepEqual(each.pendingInterrupts, []);
    assert.equal(each.messages.at(-1)?.content, 'That was the clock.');
    assert.deepEqual(
      each.messages.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant'],
    );
    await agentConforms(client, each);
  });

  test("an agent of AG-UI's client cancels an interrupt, which denies the call", async (t) => {
    const { client, agent: each } = await agent(t);
    each.addMessage(user('sim:approval'));
    await each.runAgent({});
    const [{ id, toolCallId }] = each.pendingInterrupts;
    await each.runAgent({ resume: [{ interruptId: id, status: 'cancelled' }] });
    const [, run] = client.catchUp().runs.values();
    const [message] = run.events[0].input.messages;
    assert.deepEqual([message.toolCallId, message.metadata['lw.outcome']], [toolCallId, 'denied']);
    assert.equal(message.content, 'The user denied the call.');
    await agentConforms(client, each);
  });

  test("an agent of AG-UI's client completes a step with an approval and a call of its own", async (t) => {
    const { client, agent: each } = await agent(t);
    each.addMessage(user('sim:approval-mixed'));
    await each.runAgent({ tools: TOOLS });
    const payload = { ...APPROVE, editedArgs: { timezone: 'UTC' } };
    await each.runAgent({ tools: TOOLS, resume: resume(each, payload) });
    const calls = each.messages.flatMap((message) => /** @type {any} */ (message).toolCalls ?? []);
    const song = calls.find((/** @type {any} */ call) => call.function.name === 'top_song');
    each.addMessage({ id: newId('m'), role: 'tool', toolCallId: song.id, content: SONG });
    await each.runAgent({ tools: TOOLS });
    assert.equal(each.messages.at(-1)?.content, 'All three have answered.');
    assert.equal(client.catchUp().runs.size, 3);
    await agentConforms(client, each);
  });

  test('answers must cover every interrupt, and start the run of the id that the client chose, once', async (t) => {
    const { client, threadId } = await agent(t);
    const { run, interrupts } = await started(client, threadId);
    const [first, second] = interrupts.map(({ id }) => id);
    for (const more of [{ messages: [], resume: [resolved(first, APPROVE)] }, { messages: [user('Hey!')] }]) {
      const refused = await client.request({ action: 'run', threadId, runId: newId('r'), ...more });
      assert.deepEqual([refused.type, refused.code], ['error', 'answers_pending'], JSON.stringify(refused));
    }
    assert.deepEqual((await client.history({ threadId })).pending.interrupts, interrupts);
    const answers = [resolved(second, { approved: false, reason: 'no' }), resolved(first, APPROVE)];
    const request = { action: 'run', threadId, runId: newId('r'), messages: [], resume: answers };
    const ack = await client.request(request);
    const { action, runId, status, pending } = ack;
    assert.deepEqual([action, runId, status, pending], ['run', request.runId, 'queued', []], JSON.stringify(ack));
    assert.equal((await client.request(request)).duplicate, true);
    const next = await new Run(client, ack).success();
    assert.equal(next.events[0].metadata['lw.after'], run.id);
    assert.deepEqual(answersIn(next), [[interrupts[1].toolCallId, 'denied', 'The user denied the call: no']]);
    assert.deepEqual(
      next.of('TOOL_CALL_RESULT').map(({ toolCallId }) => toolCallId),
      [interrupts[0].toolCallId],
    );
  });

  test('a message of the user beside answers is refused, and the thread waits on', async (t) => {
    const { client, threadId } = await agent(t);
    const { interrupts } = await started(client, threadId);
    const answers = interrupts.map(({ id }) => resolved(id, APPROVE));
    const request = { action: 'run', threadId, runId: newId('r'), messages: [user('Hey!')], resume: answers };
    const refused = await client.request(request);
    assert.deepEqual([refused.type, refused.code], ['error', 'invalid_message'], JSON.stringify(refused));
    assert.deepEqual((await client.history({ threadId })).pending.interrupts, interrupts);
    await new Run(client, await client.request({ ...request, messages: [] })).success();
  });

  test('edited arguments that do not fit, and answers to nothing, are refused', async (t) => {
    const { client, threadId } = await agent(t);
    const none = { action: 'run', threadId, runId: newId('r'), messages: [], resume: [resolved('i_tc_1', APPROVE)] };
    assert.equal((await client.request(none)).code, 'not_pending');
    const start = { action: 'run', threadId, runId: newId('r'), messages: [user('sim:approval')] };
    const run = new Run(client, await client.request(start));
    const [interrupt] = await interruptsOf(run);
    const again = (/** @type {Record<string, any>} */ payload) =>
      client.request({ ...none, runId: newId('r'), resume: [resolved(interrupt.id, payload)] });
    const refused = await again({ ...APPROVE, editedArgs: { timezone: 7 } });
    assert.deepEqual([refused.code, callsIn(run).length], ['invalid_message', 1], JSON.stringify(refused));
    assert.match(refused.message, /editedArgs/);
    await new Run(client, await again(APPROVE)).success();
  });
});
