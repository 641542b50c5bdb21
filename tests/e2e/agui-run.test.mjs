// The action `run`: AG-UI's RunAgentInput, from an agent of AG-UI's own client and by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LongwireAgent } from '../harness/agui-agent.mjs';
import { connect, newId } from '../harness/client.mjs';
import { SONG, TOOLS } from '../harness/client-tools.mjs';
import { Run } from '../harness/run.mjs';
import { requests } from '../harness/simulator.mjs';

/** @param {string} content */
const user = (content) => ({ id: newId('u'), role: /** @type {const} */ ('user'), content });

test("an agent of AG-UI's client completes both rounds of a client's tool", async (t) => {
  const threadId = newId('t');
  const client = await connect(t, { query: { thread: threadId } });
  const agent = new LongwireAgent(client, threadId);
  agent.addMessage(user('sim:client-tool'));
  await agent.runAgent({ tools: TOOLS });
  const [call] = agent.messages.flatMap((message) => /** @type {any} */ (message).toolCalls ?? []);
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['top_song', { sign: 'WZPZ' }]);

  agent.addMessage({ id: newId('m'), role: 'tool', toolCallId: call.id, content: SONG });
  await agent.runAgent({ tools: TOOLS });
  assert.equal(agent.messages.at(-1)?.content, 'It is Elemental Hotel by 8 Storey Hike.');
  assert.deepEqual(
    agent.messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'assistant'],
  );
  const { messages } = await client.history({ threadId });
  assert.deepEqual(
    messages.map((/** @type {any} */ { id }) => id),
    agent.messages.map(({ id }) => id),
  );
});

test('a request without an action is a run, its state comes back, and its repetition starts nothing', async (t) => {
  const client = await connect(t);
  const [threadId, runId] = [newId('t'), newId('r')];
  const request = {
    threadId,
    runId,
    messages: [user('Hey!')],
    tools: [],
    context: [],
    state: { page: 7 },
    forwardedProps: {},
  };
  const ack = await client.request(request);
  assert.deepEqual([ack.type, ack.action, ack.status, ack.runId], ['ack', 'run', 'queued', runId], JSON.stringify(ack));
  assert.equal(ack.messageId, request.messages[0].id);
  const run = await new Run(client, ack).success();
  assert.deepEqual(run.events[0].input.state, { page: 7 });
  const again = await client.request(request);
  assert.deepEqual([again.duplicate, again.status], [true, 'finished']);
});

test('results must cover every pending call, and may come with a message', async (t) => {
  const client = await connect(t);
  const [threadId, first] = [newId('t'), newId('r')];
  const start = { action: 'run', threadId, runId: first, messages: [user('sim:client-tools-mixed')], tools: TOOLS };
  const run = new Run(client, await client.request(start));
  const [song, location] = /** @type {any} */ (await run.end()).outcome.pendingToolCallIds;
  const result = (/** @type {string} */ toolCallId) => ({ id: newId('m'), role: 'tool', toolCallId, content: 'yes' });
  for (const messages of [[result(song)], [result(song), user('Hey!')], [user('Hey!')]]) {
    const refused = await client.request({ action: 'run', threadId, runId: newId('r'), messages });
    assert.deepEqual([refused.type, refused.code], ['error', 'answers_pending'], JSON.stringify(refused));
  }
  const messages = [result(location), result(song), user('Hey!')];
  const request = { action: 'run', threadId, runId: newId('r'), messages };
  const next = await new Run(client, await client.request(request)).success();
  assert.equal(next.id, request.runId);
  const [{ body }] = await requests(next.id);
  const parts = body.messages.at(-1).content;
  assert.deepEqual(
    parts
      .flatMap((/** @type {any} */ { toolResult, text }) => toolResult?.content[0].text ?? text ?? [])
      .toSpliced(1, 1),
    ['yes', 'yes', 'Hey!'],
  );
  assert.equal((await client.request(request)).duplicate, true);
});

test('results start a run of the id that the client chose, once', async (t) => {
  const client = await connect(t);
  const threadId = newId('t');
  const start = { action: 'run', threadId, runId: newId('r'), messages: [user('sim:client-tool')], tools: TOOLS };
  const run = new Run(client, await client.request(start));
  const [call] = /** @type {any} */ (await run.end()).outcome.pendingToolCallIds;
  const messages = [{ id: newId('m'), role: 'tool', toolCallId: call, content: SONG }];
  const taken = await client.request({ action: 'run', threadId, runId: start.runId, messages });
  assert.deepEqual([taken.type, taken.code], ['error', 'invalid_message']);
  const request = { action: 'run', threadId, runId: newId('r'), messages };
  const ack = await client.request(request);
  assert.deepEqual([ack.runId, ack.status, ack.pending], [request.runId, 'queued', []], JSON.stringify(ack));
  assert.equal((await client.request(request)).duplicate, true);
  await new Run(client, ack).success();
});
