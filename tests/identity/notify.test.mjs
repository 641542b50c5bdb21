// Events about runs on the event bus: for each end, with and without the answer, and for nobody who did not ask.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endedRow, queueAttribute, runRow, takeMessages } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { answered, pendingCalls, SONG, sendResult, TOOLS } from '../harness/client-tools.mjs';
import { until } from '../harness/deadline.mjs';
import { invoke } from '../harness/functions.mjs';
import { EVENT_MS, Listener, rule } from '../harness/notify.mjs';
import { received } from '../harness/push.mjs';
import { endlessReply, requests } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';
import { user } from '../harness/users.mjs';

const IDS = { options: { notify: true } };
const CONTENT = { options: { notify: { content: true } } };

/** A listening service and a new user. @param {import('node:test').TestContext} t */
async function listening(t) {
  return { listener: await Listener.of(t), ...(await user(t)) };
}

/** The event of a run without what differs from run to run. @param {any} event */
function essence({ type, data }) {
  const { status, reason, code, content } = data;
  return { type, status, reason, code, content };
}

describe('the event about a run', { concurrency: 3 }, () => {
  test('that finished has its ids, its user and its usage, and nothing of the conversation', async (t) => {
    const { listener, client, sub } = await listening(t);
    const run = await (await client.prompt('How is the weather in New York?', IDS)).success();
    const event = await listener.event(run.id);
    const { startedAt, endedAt, usage, ...ids } = event.data;
    const row = await endedRow(run.threadId, run.id, undefined, sub);
    const [told] = run.last.usage;
    assert.deepEqual(ids, {
      threadId: run.threadId,
      runId: run.id,
      messageId: run.ack.messageId,
      user: sub,
      status: 'finished',
    });
    assert.deepEqual(usage, {
      inputTokens: told.inputTokens,
      outputTokens: told.outputTokens,
      totalTokens: told.totalTokens,
    });
    assert.deepEqual([Date.parse(startedAt), Date.parse(endedAt)], [row.startedAt * 1000, row.endedAt * 1000]);
    const { data: _, ...attributes } = event;
    assert.deepEqual(attributes, {
      specversion: '1.0',
      id: `${sub}/${run.threadId}/${run.id}/${row.recordedAt}/finished`,
      source: `longwire.runs/${stack().event_bus}`,
      type: 'longwire.run.finished',
      subject: run.id,
      time: endedAt,
      datacontenttype: 'application/json',
      lwuser: sub,
      lwthread: run.threadId,
      lwhop: 0,
    });
    const [envelope] = await listener.envelopes(run.id);
    assert.deepEqual([envelope.source, envelope['detail-type']], ['longwire.runs', event.type]);
  });

  test('that asked for its content has the answer after the calls of its tools', async (t) => {
    const { listener, client } = await listening(t);
    const run = await (await client.prompt('How is the weather in New York?', CONTENT)).success();
    const { messages } = await client.history();
    const { content, contentTruncated } = (await listener.event(run.id)).data;
    assert.deepEqual([content, contentTruncated], [messages.at(-1).content, undefined]);
    assert.match(content, /New York/);
  });

  test('that was cancelled while it ran says so, with the text so far', async (t) => {
    const { listener, client } = await listening(t);
    const run = await client.prompt(await endlessReply(), CONTENT);
    await run.firstText();
    await client.cancel(run);
    await run.end();
    const event = await listener.event(run.id);
    const { content } = event.data;
    assert.match(content, /^word/);
    const expected = { type: 'longwire.run.cancelled', status: 'cancelled', reason: 'user', code: undefined, content };
    assert.deepEqual(essence(event), expected);
  });

  test('that was cancelled while it waited says so, and one that another prompt replaced', async (t) => {
    const { listener, client } = await listening(t);
    const active = await client.prompt(await endlessReply());
    await active.firstText();
    const waiting = await client.prompt('Hey!', CONTENT);
    const replaced = await client.prompt('Hey!', IDS);
    assert.equal(waiting.ack.status, 'waiting');
    await client.cancel(waiting);
    const next = await client.prompt('Hey!', { options: { ...IDS.options, ifBusy: 'interrupt' } });
    await next.success();
    const cancelled = { type: 'longwire.run.cancelled', status: 'cancelled', code: undefined, content: undefined };
    assert.deepEqual(essence(await listener.event(waiting.id)), { ...cancelled, reason: 'user' });
    assert.deepEqual(essence(await listener.event(replaced.id)), { ...cancelled, reason: 'superseded' });
    assert.equal((await listener.event(next.id)).type, 'longwire.run.finished');
    assert.deepEqual(await requests(waiting.id), []);
    assert.equal((await listener.event(waiting.id)).data.usage, undefined);
  });

  test('that failed has its code', async (t) => {
    const { listener, client } = await listening(t);
    const run = await client.answer('sim:fault-access-denied', CONTENT);
    assert.equal(run.last.code, 'model_access_denied');
    assert.deepEqual(essence(await listener.event(run.id)), {
      type: 'longwire.run.failed',
      status: 'failed',
      reason: undefined,
      code: 'model_access_denied',
      content: undefined,
    });
  });

  test('that leaves calls to its client says so, and the run that follows has its own', async (t) => {
    const { listener, client } = await listening(t);
    const run = await client.prompt('sim:client-tools-mixed', { tools: TOOLS, ...CONTENT });
    const calls = await pendingCalls(run);
    const ids = calls.map(({ id }) => id);
    const event = await listener.event(run.id);
    const expected = { status: 'finished', reason: undefined, code: undefined };
    const needs = { type: 'longwire.run.needs_input', content: 'Three at once.' };
    assert.deepEqual(essence(event), { ...expected, ...needs });
    assert.deepEqual(event.data.pendingToolCallIds, ids);
    assert.match(event.id, /\/needs_input$/);
    await sendResult(client, run.threadId, ids[0], SONG);
    const next = await answered(client, run.threadId, ids[1], 'Lisbon');
    await next.success();
    const last = await listener.event(next.id);
    assert.deepEqual(essence(last), { ...expected, type: 'longwire.run.finished', content: next.text });
    assert.equal(last.data.pendingToolCallIds, undefined);
  });

  test('whose client is gone comes all the same', async (t) => {
    const { listener, client, sub } = await listening(t);
    const run = await client.prompt('sim:steady', { options: { ...CONTENT.options, onGone: 'finish' } });
    client.close();
    const { data } = await listener.event(run.id);
    assert.equal(data.status, 'finished');
    assert.ok(data.content.length > 0);
    assert.equal((await runRow(run.threadId, run.id, sub))?.status, 'finished');
  });
});

test('a run that did not ask has no event', async (t) => {
  const { listener, client } = await listening(t);
  const silent = [
    await client.answer('Hey!'),
    await client.answer('Hey!', { options: { notify: false } }),
    await client.answer('Hey!', { options: { notify: null } }),
  ];
  // The stream is in order, so the event of a later run comes after those of the earlier ones.
  const later = await client.answer('Hey!', IDS);
  await listener.event(later.id);
  for (const run of silent) assert.deepEqual(await listener.events(run.id), []);
});

test('an option that is none is refused, and starts nothing', async (t) => {
  const { client } = await user(t);
  for (const notify of ['yes', 1, [true], { content: 'all' }]) {
    const error = await client.request({ action: 'prompt', prompt: 'Hey!', options: { notify } });
    assert.deepEqual([error.type, error.code], ['error', 'invalid_message']);
    assert.match(error.message, /^`options\.notify/);
  }
  assert.deepEqual((await client.history()).messages, []);
});

test('what is repeated has the same id', async (t) => {
  const { listener, client, sub } = await listening(t);
  const run = await client.answer('Hey!', IDS);
  const first = await listener.event(run.id);
  const row = await endedRow(run.threadId, run.id, undefined, sub);
  const number = (/** @type {number} */ value) => ({ N: String(value) });
  const record = {
    eventName: 'MODIFY',
    eventID: '1',
    awsRegion: stack().region,
    dynamodb: {
      SequenceNumber: '1',
      SizeBytes: 1,
      Keys: { thread: { S: `${sub}/${run.threadId}` }, item: { S: `RUN#${run.id}` } },
      OldImage: { status: { S: 'running' } },
      NewImage: {
        status: { S: 'finished' },
        notify: { S: 'ids' },
        recordedAt: number(row.recordedAt),
        endedAt: number(row.endedAt),
      },
    },
  };
  for (let time = 2; time <= 3; time += 1) {
    assert.deepEqual(await invoke('notify', { Records: [record] }), { batchItemFailures: [] });
    await listener.event(run.id, time);
  }
  for (const event of await listener.events(run.id)) {
    assert.deepEqual([event.id, event.source], [first.id, first.source]);
  }
});

test('a repeated start keeps what the first one asked for, and is one event', async (t) => {
  const { listener, client } = await listening(t);
  const ids = { runId: newId('r'), messageId: newId('u') };
  const run = await client.answer('Hey!', { ...ids, ...IDS });
  const again = await client.request({ action: 'prompt', prompt: 'Hey!', ...ids, ...CONTENT });
  assert.equal(again.duplicate, true);
  const later = await client.answer('Hey!', IDS);
  await listener.event(later.id);
  const [event, ...more] = await listener.events(run.id);
  assert.deepEqual([more, event.data.content], [[], undefined]);
});

test('a user who names the run of another gets an event about a run of their own', async (t) => {
  const listener = await Listener.of(t);
  const [owner, other] = [await user(t), await user(t)];
  const ids = { threadId: newId('t'), runId: newId('r') };
  const run = await owner.client.prompt('The secret is 42.', ids);
  await run.success();
  const own = await other.client.prompt('Hey!', { ...ids, ...CONTENT });
  await own.success();
  const event = await listener.event(ids.runId);
  assert.deepEqual([event.lwuser, event.data.user], [other.sub, other.sub]);
  assert.equal(event.data.content, own.text);
  assert.ok(!JSON.stringify(await listener.envelopes(ids.runId)).includes(owner.sub));
});

test('the rule of push takes no event about a run', async (t) => {
  const { listener, client } = await listening(t);
  const run = await client.answer('Hey!', CONTENT);
  await listener.event(run.id);
  assert.deepEqual(await received(client), []);
  assert.deepEqual(await takeMessages(stack().push_dead_letter_url), []);
});

test('a rule that keeps the events in the inbox tells a user who is away that a run needs an answer', async (t) => {
  const pattern = { 'detail-type': ['longwire.run.needs_input'] };
  const InputTransformer = {
    InputPathsMap: { user: '$.detail.lwuser', thread: '$.detail.lwthread', event: '$.detail' },
    InputTemplate: '{"target":{"userId":<user>},"event":<event>,"durable":true,"collapseKey":<thread>}',
  };
  const queue = await queueAttribute(stack().push_queue_url, 'QueueArn');
  const [region, account] = queue.split(':').slice(3, 5);
  const push = `arn:aws:lambda:${region}:${account}:function:${stack().functions.push}`;
  await rule(t, pattern, push, { InputTransformer });
  const { listener, client, headers } = await listening(t);
  const run = await client.prompt('sim:client-tool', { tools: TOOLS, ...IDS });
  await pendingCalls(run);
  const event = await listener.event(run.id);
  client.close();
  const back = await connect(t, { headers });
  const kept = () => back.request({ action: 'inbox' });
  await until('the event is kept', async () => (await kept()).pushes.length > 0, EVENT_MS);
  const { pushes } = await kept();
  assert.deepEqual(
    pushes.map((/** @type {any} */ push) => push.event),
    [event],
  );
});

test('a rule that sends the events to push shows them to the user alone, and starts nothing', async (t) => {
  await rule(t, { source: ['longwire.runs'] }, await queueAttribute(stack().push_queue_url, 'QueueArn'));
  const { listener, client, headers } = await listening(t);
  const { threadId } = await client.request({ action: 'hello' });
  const [device, elsewhere, stranger] = await Promise.all([
    connect(t, { headers, query: { thread: threadId } }),
    connect(t, { headers }),
    user(t),
  ]);
  const run = await client.answer('Hey!', CONTENT);
  const event = await listener.event(run.id);
  const arrived = () => received(device);
  await until('the event arrives', async () => (await arrived()).length > 0, EVENT_MS);
  assert.deepEqual(await arrived(), [event]);
  for (const other of [elsewhere, stranger.client]) assert.deepEqual(await received(other), []);
  const { messages } = await client.history();
  assert.deepEqual(
    messages.map((/** @type {any} */ { role }) => role),
    ['user', 'assistant'],
  );
});
