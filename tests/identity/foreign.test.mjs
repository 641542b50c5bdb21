// What belongs to another user is answered byte for byte like what does not exist. One row for each action: an action
// without a row fails the test.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { newId } from '../harness/client.mjs';
import { cloudEvent, push } from '../harness/push.mjs';
import { Socket } from '../harness/socket.mjs';
import { authorized, identified } from '../harness/users.mjs';

/** @typedef {{threadId: string, runId: string, messageId: string, cursor: string}} Objects */

/**
 * Requests of each action that name an object of another user. An action that can name none has an empty row.
 * @type {Record<string, ((objects: Objects) => object)[]>}
 */
const ROWS = {
  hello: [],
  auth: [],
  ticket: [],
  ping: [],
  usage: [],
  inbox: [() => ({}), () => ({ after: 0, limit: 1 })],
  seen: [() => ({ upTo: 1 })],
  join: [() => ({ room: 'staff-a' })],
  leave: [() => ({ room: 'staff-a' })],
  prompt: [
    ({ threadId, runId }) => ({ threadId, runId, prompt: 'Hey!', messageId: 'u_new' }),
    ({ threadId, messageId }) => ({ threadId, runId: 'r_new', prompt: 'Hey!', messageId }),
    ({ threadId }) => ({
      threadId,
      runId: 'r_new',
      messageId: 'u_new',
      prompt: 'Hey!',
      options: { ifBusy: 'reject' },
    }),
    ({ threadId }) => ({
      threadId,
      runId: 'r_new',
      messageId: 'u_new',
      prompt: 'Hey!',
      options: { ifBusy: 'interrupt' },
    }),
  ],
  run: [
    ({ threadId, runId }) => ({ threadId, runId, messages: [{ id: 'u_new', role: 'user', content: 'Hey!' }] }),
    ({ threadId }) => ({
      threadId,
      runId: 'r_new',
      messages: [{ id: 'm_new', role: 'tool', toolCallId: 'tc_1', content: '' }],
    }),
    ({ threadId, messageId }) => ({
      threadId,
      runId: 'r_new',
      messages: [{ id: messageId, role: 'user', content: 'Hey!' }],
    }),
    ({ threadId }) => ({
      threadId,
      runId: 'r_new',
      messages: [],
      resume: [{ interruptId: 'i_tc_1', status: 'cancelled' }],
    }),
  ],
  tool_result: [
    ({ threadId }) => ({ threadId, toolCallId: 'tc_1', content: '' }),
    ({ threadId }) => ({ threadId, toolCallId: 'tc_1', content: '', part: 1, of: 2 }),
  ],
  approval: [
    ({ threadId }) => ({ threadId, interruptId: 'i_tc_1', approved: true }),
    ({ threadId }) => ({ threadId, interruptId: 'i_tc_1', approved: false, reason: 'no' }),
  ],
  steer: [
    ({ threadId, runId }) => ({ threadId, runId, text: 'Hey!' }),
    ({ threadId, runId, messageId }) => ({ threadId, runId, text: 'Hey!', messageId }),
    ({ runId }) => ({ runId, text: 'Hey!' }),
  ],
  cancel: [
    ({ threadId, runId }) => ({ threadId, runId }),
    ({ threadId }) => ({ threadId }),
    ({ runId }) => ({ runId }),
  ],
  resume: [
    ({ threadId, runId }) => ({ threadId, runId, after: 0 }),
    ({ threadId, runId }) => ({ threadId, runId, after: 3, epoch: 1 }),
    ({ threadId }) => ({ threadId, after: 0 }),
    ({ runId }) => ({ runId, after: 0 }),
  ],
  history: [
    ({ threadId }) => ({ threadId }),
    ({ threadId, cursor }) => ({ threadId, before: cursor }),
    ({ threadId, messageId }) => ({ threadId, messageId, offset: 0 }),
    ({ messageId }) => ({ messageId, offset: 0 }),
  ],
};

/** @type {Objects} */
const OBJECTS = { threadId: newId('t'), runId: newId('r'), messageId: newId('u'), cursor: 'c_1.0' };

/**
 * Response of the server to a request of a user who has nothing, as text.
 * @param {object} request
 * @param {string} [thread] the thread of the connection
 */
async function response(request, thread = 't_own') {
  const headers = await authorized({ sub: newId('user') });
  const socket = await Socket.open({ query: { thread }, headers });
  try {
    socket.send({ id: 'q', ...request });
    const frame = await socket.until('a response', ({ frames }) =>
      frames.find(({ text }) => text.includes('"id":"q"')),
    );
    return frame.text;
  } finally {
    socket.terminate();
  }
}

describe('objects of another user', { concurrency: 4 }, () => {
  /** Responses while the objects do not exist, by request. @type {Map<object, string>} */
  const absent = new Map();
  const requests = Object.entries(ROWS).flatMap(([action, rows]) =>
    rows.map((request) => ({ action, ...request(OBJECTS) })),
  );
  /** @type {(() => void)[]} */
  const cleanUp = [];

  before(async () => {
    for (const request of requests) absent.set(request, await response(request));
    const context = /** @type {any} */ ({ after: (/** @type {() => void} */ work) => cleanUp.push(work) });
    const owner = await identified(context, { sub: 'owner' });
    const { threadId, runId, messageId } = OBJECTS;
    await push({ target: { userId: 'owner' }, event: cloudEvent(), durable: true });
    await (await owner.prompt('sim:steady', { threadId, runId, messageId })).firstText();
  });
  after(() => {
    for (const work of cleanUp) work();
  });

  test('the table has a row for each action', async (t) => {
    const client = await identified(t, { sub: 'ann' });
    const { message } = await client.request({ action: 'dance' });
    const [, list] = /there are (.*)\.$/.exec(message) ?? [];
    assert.deepEqual(list.split(/, | and /).sort(), Object.keys(ROWS).sort());
  });

  test('a connection on the thread of another user has a thread of its own', async () => {
    const page = JSON.parse(await response({ action: 'history' }, OBJECTS.threadId));
    assert.deepEqual([page.type, page.messages, page.run], ['history', [], undefined]);
  });

  for (const request of requests) {
    test(`${JSON.stringify(request)}`, async () => {
      assert.equal(await response(request), absent.get(request));
    });
  }
});
