// Approvals of users who are told apart: who may decide, who did, and the event that says that a run needs them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { APPROVE, asked, DENY, decided, interruptsOf, needApproval, sendApproval } from '../harness/approvals.mjs';
import { newId } from '../harness/client.mjs';
import { token } from '../harness/issuer.mjs';
import { Listener } from '../harness/notify.mjs';
import { Run } from '../harness/run.mjs';
import { identified, user } from '../harness/users.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */

const CONTENT = { options: { notify: { content: true } } };

/** The decision that the history has of a call. @param {Client} client @param {string} threadId @param {string} call */
async function approvalOf(client, threadId, call) {
  const { messages } = await client.history({ threadId });
  return messages.find((/** @type {any} */ { toolCallId }) => toolCallId === call).approval;
}

describe('approvals of users', () => {
  needApproval({ current_time: { group: 'ops' }, get_weather: 'always' });

  test('need the group of the tool, of whichever connection', async (t) => {
    const { sub, client } = await user(t, ['staff']);
    const member = await identified(t, { sub, groups: ['staff', 'ops'] });
    const { interrupt, threadId } = await asked(client);
    for (const answer of [APPROVE, DENY]) {
      const refused = await sendApproval(client, threadId, interrupt.id, answer);
      assert.deepEqual([refused.type, refused.code], ['error', 'forbidden'], JSON.stringify(refused));
    }
    const resume = [{ interruptId: interrupt.id, status: 'resolved', payload: APPROVE }];
    const request = { action: 'run', threadId, runId: newId('r'), messages: [], resume };
    assert.equal((await client.request(request)).code, 'forbidden');
    assert.deepEqual((await client.history({ threadId })).pending.interrupts, [interrupt]);
    const next = await decided(member, threadId, interrupt.id, APPROVE);
    await next.success();
    const approval = await approvalOf(client, threadId, interrupt.toolCallId);
    assert.deepEqual(approval, { approved: true, by: sub, at: approval.at });
  });

  test('are possible with a renewed token that has the group', async (t) => {
    const { sub, client } = await user(t);
    const { interrupt, threadId } = await asked(client);
    assert.equal((await sendApproval(client, threadId, interrupt.id, APPROVE)).code, 'forbidden');
    const renewed = await client.request({ action: 'auth', token: await token({ sub, groups: ['ops'] }) });
    assert.equal(renewed.type, 'ack');
    await (await decided(client, threadId, interrupt.id, APPROVE)).success();
  });

  test('need no group where the tool names none, and name the user', async (t) => {
    const { sub, client } = await user(t);
    const run = await client.prompt('sim:tool');
    const [interrupt] = await interruptsOf(run);
    const next = await decided(client, run.threadId, interrupt.id, { ...DENY, reason: 'too expensive' });
    await next.success();
    const approval = await approvalOf(client, run.threadId, interrupt.toolCallId);
    assert.deepEqual(approval, { approved: false, by: sub, at: approval.at, reason: 'too expensive' });
  });

  test('of another user are refused as of a thread that waits for nothing', async (t) => {
    const [owner, other] = [await user(t, ['ops']), await user(t, ['ops'])];
    const { interrupt, threadId } = await asked(owner.client);
    const refused = await sendApproval(other.client, threadId, interrupt.id, APPROVE);
    assert.deepEqual([refused.type, refused.code], ['error', 'not_pending']);
    await (await decided(owner.client, threadId, interrupt.id, APPROVE)).success();
  });

  test('an event says what a run needs, and the run that follows has its own', async (t) => {
    const listener = await Listener.of(t);
    const { client } = await user(t);
    const run = await client.prompt('sim:text-and-tool', CONTENT);
    const [interrupt] = await interruptsOf(run);
    const event = await listener.event(run.id);
    const { id, toolCallId, message, expiresAt } = interrupt;
    assert.deepEqual([event.type, event.data.status], ['longwire.run.needs_input', 'finished']);
    assert.match(event.id, /\/needs_input$/);
    assert.deepEqual(event.data.interrupts, [{ id, toolCallId, message, expiresAt }]);
    assert.deepEqual([event.data.pendingToolCallIds, event.data.content], [undefined, 'Let me look.']);
    const next = new Run(client, await sendApproval(client, run.threadId, id, APPROVE));
    await next.success();
    const last = await listener.event(next.id);
    assert.deepEqual([last.type, last.data.interrupts], ['longwire.run.finished', undefined]);
    assert.equal(last.data.content, next.text);
  });
});
