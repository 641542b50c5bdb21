// Events of other services: each way in, and whom it reaches.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connectionRow, drained, putItem, sendMessage } from '../harness/aws.mjs';
import { connect, newId } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { local } from '../harness/local.mjs';
import { cloudEvent, invokePush, numbered, push, putEvent, received, WAYS } from '../harness/push.mjs';
import { pushFromOutside } from '../harness/service.mjs';
import { scenario } from '../harness/simulator.mjs';
import { stack } from '../harness/stack.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('node:test').TestContext} TestContext */

/** Longest event, in bytes (docs/push.md). */
const MAX_EVENT = 27_832;

/** All ways, and that of a service that posts by itself. That one has no thread and no connection in its request. */
const WAYS_TO_A_USER = {
  ...WAYS,
  'posts of the service itself': (/** @type {any} */ { target, event }) => pushFromOutside(target.userId, event),
};

/**
 * Opens connections of a new user.
 * @param {TestContext} t
 * @param {number} devices
 * @param {Record<string, string>} [query]
 */
async function user(t, devices, query = {}) {
  const userId = newId('user');
  const headers = { Authorization: `Bearer ${await token({ sub: userId })}` };
  const clients = await Promise.all(Array.from({ length: devices }, () => connect(t, { headers, query })));
  const ready = await Promise.all(clients.map((client) => client.request({ action: 'hello' })));
  return { userId, clients, ids: ready.map(({ connectionId }) => connectionId) };
}

/** Adds a row without a connection, as one has that API Gateway could not report. @param {string} like id of a connection */
async function addGoneConnection(like) {
  const { connection: _, threads: __, ...row } = /** @type {any} */ (await connectionRow(like));
  const connection = `${newId('gone')}=`;
  await putItem('connections', { ...row, connection, connectedAt: row.connectedAt - 60 });
  return connection;
}

/** @param {Client} client @param {object[]} events */
async function assertReceived(client, events) {
  assert.deepEqual(await received(client), events);
}

/**
 * What an event meets, by what becomes of it. tests/alone/push.test.mjs has the slow connection.
 * @type {Record<string, (t: TestContext, send: (request: object) => Promise<unknown>) => Promise<void>>}
 */
const STATES = {
  'reaches a device': async (t, send) => {
    const { userId, clients } = await user(t, 1);
    const event = cloudEvent();
    await send({ target: { userId }, event });
    await assertReceived(clients[0], [event]);
  },

  'reaches each of two devices once, and no other user': async (t, send) => {
    const [{ userId, clients }, other] = await Promise.all([user(t, 2), user(t, 1)]);
    const event = cloudEvent();
    await send({ target: { userId }, event });
    for (const client of clients) await assertReceived(client, [event]);
    await assertReceived(other.clients[0], []);
  },

  'reaches the live device when another one is gone': async (t, send) => {
    const { userId, clients, ids } = await user(t, 1);
    const gone = await addGoneConnection(ids[0]);
    const event = cloudEvent();
    await send({ target: { userId }, event });
    await assertReceived(clients[0], [event]);
    if (send !== WAYS_TO_A_USER['posts of the service itself'])
      assert.equal(await connectionRow(gone), undefined, 'the function deletes the row');
  },

  'ends when the user is away': async (t, send) => {
    const { userId, clients, ids } = await user(t, 1);
    clients[0].close();
    await until('the row is deleted', async () => (await connectionRow(ids[0])) === undefined);
    await send({ target: { userId }, event: cloudEvent() });
  },

  'of 27 KB is delivered': async (t, send) => {
    const { userId, clients } = await user(t, 1);
    const event = cloudEvent({ data: 'x'.repeat(27 * 1024) });
    await send({ target: { userId }, event });
    await assertReceived(clients[0], [event]);
  },
};

/** States of a durable event, which a service that posts by itself cannot send. @type {typeof STATES} */
const DURABLE_STATES = {
  'that is durable reaches a user who was away': async (t, send) => {
    const userId = newId('user');
    const event = cloudEvent();
    await send({ target: { userId }, event, durable: true });
    const headers = { Authorization: `Bearer ${await token({ sub: userId })}` };
    const client = await connect(t, { headers });
    await client.request({ action: 'hello' });
    await drained(stack().push_queue_url);
    await assertReceived(client, [event]);
    assert.deepEqual(numbered(client), [{ seq: 1, event }]);
  },
};

for (const [way, send] of Object.entries(WAYS_TO_A_USER)) {
  describe(`an event by ${way}`, { concurrency: 3 }, () => {
    const states = way in WAYS ? { ...STATES, ...DURABLE_STATES } : STATES;
    for (const [state, check] of Object.entries(states)) test(state, (t) => check(t, send));
  });
}

for (const [way, send] of Object.entries(WAYS)) {
  describe(`a request by ${way}`, { concurrency: 3 }, () => {
    test('for a thread reaches the connections on it', async (t) => {
      const { userId, clients, ids } = await user(t, 1);
      const { thread, threadId } = /** @type {any} */ (await connectionRow(ids[0]));
      assert.equal(thread, `${userId}/${threadId}`);
      const headers = { Authorization: `Bearer ${await token({ sub: userId })}` };
      const same = await connect(t, { headers, query: { thread: threadId } });
      const elsewhere = await connect(t, { headers });
      const event = cloudEvent();
      await send({ target: { userId, threadId }, event });
      for (const client of [clients[0], same]) await assertReceived(client, [event]);
      await assertReceived(elsewhere, []);
    });

    test('for a connection reaches no other device', async (t) => {
      const { clients, ids } = await user(t, 2);
      const event = cloudEvent();
      await send({ target: { connectionId: ids[1] }, event });
      await assertReceived(clients[0], []);
      await assertReceived(clients[1], [event]);
    });

    test('that is repeated in each way is posted once', async (t) => {
      const { userId, clients } = await user(t, 2);
      const event = cloudEvent();
      await send({ target: { userId }, event });
      for (const again of Object.values(WAYS)) await again({ target: { userId }, event });
      const other = { ...event, source: '/other' };
      await send({ target: { userId }, event: other });
      for (const client of clients) await assertReceived(client, [event, other]);
    });

    test('may be a CloudEvent with its target', async (t) => {
      const { userId, clients } = await user(t, 1);
      const event = cloudEvent({ lwuser: userId });
      await send(event);
      await assertReceived(clients[0], [event]);
    });
  });
}

describe('the answer of push', { concurrency: 4 }, () => {
  test('counts the connections that have the event, and those that are gone', async (t) => {
    const { userId, ids } = await user(t, 2);
    await addGoneConnection(ids[0]);
    const event = cloudEvent();
    const answers = [await push({ target: { userId }, event }), await push({ target: { userId }, event })];
    const expected = { id: event.id, delivered: 2, stored: 0 };
    assert.deepEqual(answers, [
      { ...expected, gone: 1 },
      { ...expected, gone: 0 },
    ]);
  });

  test('says that a connection is gone', async () => {
    const event = cloudEvent();
    assert.deepEqual(await push({ target: { connectionId: 'never=' }, event }), {
      id: event.id,
      delivered: 0,
      gone: 1,
      stored: 0,
    });
  });

  test('names what is wrong with a request', async () => {
    const target = { userId: 'ann' };
    const refused = async (/** @type {object | string} */ request) => {
      const { error } = await invokePush(request);
      assert.equal(error?.errorType, 'InvalidRequest', JSON.stringify(error));
      return error.errorMessage;
    };
    assert.match(await refused({ target, event: { ...cloudEvent(), source: 'a b' } }), /`source`/);
    assert.match(await refused({ target, event: { ...cloudEvent(), 'lw.seq': 1 } }), /`lw\.seq`/);
    assert.match(await refused({ target: { threadId: 't1' }, event: cloudEvent() }), /`target`/);
    assert.match(await refused({ target: { userId: 'a/b' }, event: cloudEvent() }), /`userId`/);
    assert.match(await refused({ target, event: cloudEvent(), urgent: true }), /`urgent`/);
    assert.match(await refused(cloudEvent()), /`target`/);
    assert.match(await refused('[]'), /cannot be read/);
  });

  test('to an event of 240 KB has its size', async (t) => {
    const { userId, clients } = await user(t, 1);
    const event = cloudEvent({ data: 'x'.repeat(240 * 1024) });
    const { error } = await invokePush({ target: { userId }, event });
    const bytes = JSON.stringify(event).length;
    assert.deepEqual(
      [error?.errorType, error?.errorMessage],
      ['InvalidRequest', `the event takes ${bytes} bytes, and at most ${MAX_EVENT} are possible`],
    );
    await assertReceived(clients[0], []);
  });
});

describe('an event', { concurrency: 4 }, () => {
  test('for the thread of another user reaches nobody', async (t) => {
    const [{ userId }, owner] = await Promise.all([user(t, 1), user(t, 1)]);
    const { threadId } = /** @type {any} */ (await connectionRow(owner.ids[0]));
    for (const send of Object.values(WAYS)) await send({ target: { userId, threadId }, event: cloudEvent() });
    const event = cloudEvent();
    assert.deepEqual(await push({ target: { userId, threadId }, event }), {
      id: event.id,
      delivered: 0,
      gone: 0,
      stored: 0,
    });
    await assertReceived(owner.clients[0], []);
  });

  test('does not reach connections of other formats', async (t) => {
    const { userId, clients } = await user(t, 1);
    const headers = { Authorization: `Bearer ${await token({ sub: userId })}` };
    const other = await connect(t, { headers, query: { format: 'simple' } });
    const event = cloudEvent();
    assert.equal((await push({ target: { userId }, event })).delivered, 1);
    await assertReceived(clients[0], [event]);
    other.socket.send('ping');
    await other.socket.until('the pong', ({ frames }) => frames.length > 0);
    assert.deepEqual(
      other.socket.frames.map(({ text }) => text),
      ['pong'],
    );
  });

  test('of the bus needs the detail type of the rule', async (t) => {
    const { userId, clients } = await user(t, 1);
    const [ignored, event] = [cloudEvent(), cloudEvent()];
    await putEvent(JSON.stringify({ target: { userId }, event: ignored }), { DetailType: 'com.acme.shipped' });
    await WAYS['an event of the bus']({ target: { userId }, event });
    await assertReceived(clients[0], [event]);
  });

  test('passes through with its numbers and characters, on one line', async (t) => {
    const { userId, clients } = await user(t, 1);
    const event = `{\n "specversion" : "1.0", "id":"1","source":"/s",\r\n "type":"t",\t"data": [1.10, 123456789012345678901, "\\u2028 \\n\\" é"]\n}`;
    await sendMessage(stack().push_queue_url, `{"target":{"userId":"${userId}"},"event":${event}}`);
    const { text } = await clients[0].socket.until('the event', ({ frames }) =>
      frames.find(({ text }) => text.startsWith('{"type":"push"')),
    );
    assert.equal(
      text,
      '{"type":"push","id":"1","event":{"specversion":"1.0","id":"1","source":"/s","type":"t","data":[1.10,123456789012345678901,"\\u2028 \\n\\" é"]}}',
    );
  });

  test('is not taken for an event of a run or for a response', async (t) => {
    await scenario('tests-push-slow', { steps: [{ deltas_per_s: 5, blocks: [{ text: 'word '.repeat(200) }] }] });
    const { userId, clients, ids } = await user(t, 1);
    const [client] = clients;
    const run = await client.prompt('sim:tests-push-slow');
    await run.firstText();
    const metadata = { 'lw.run': run.id, 'lw.seq': run.received.last + 1, 'lw.epoch': 2 };
    const finished = {
      type: 'RUN_FINISHED',
      threadId: run.threadId,
      runId: run.id,
      outcome: { type: 'success' },
      metadata,
    };
    const events = [
      cloudEvent({ type: 'RUN_FINISHED', data: finished }),
      cloudEvent({ type: 'CUSTOM', subject: 'lw.restart', data: { ...finished, type: 'CUSTOM', name: 'lw.restart' } }),
      cloudEvent({ data: `\n${JSON.stringify(finished)}\n` }),
      cloudEvent({ id: 'q-of-the-client', type: 'ack', data: { type: 'ack', id: 'q-of-the-client' } }),
    ];
    for (const event of events) await push({ target: { connectionId: ids[0] }, event });
    const bare = cloudEvent({ type: 'RUN_FINISHED', data: finished });
    await pushFromOutside(userId, bare, { bare: true });
    const pong = await client.request({ action: 'ping', id: 'q-of-the-client', t: 7 });
    assert.deepEqual([pong.type, pong.t], ['pong', 7]);
    await assertReceived(client, [...events, bare]);
    assert.equal(run.received.ended, false);
    await client.cancel(run);
    const last = await run.end();
    assert.deepEqual([last.type, last.outcome?.type], ['RUN_FINISHED', 'cancelled']);
    assert.deepEqual([...client.runs.keys()], [run.id]);
  });
});

/**
 * Lags of the words that a client received, behind a model that writes so many a second: each with the time of its arrival. The
 * smallest lag counts as 0.
 * @param {Client} client
 * @param {string} run
 * @param {number} perSecond
 */
function lagsOf(client, run, perSecond) {
  const lines = client.socket.frames.flatMap(({ text, at }) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => ({ at, ...JSON.parse(line) })),
  );
  const texts = lines.filter(({ type, metadata }) => type === 'TEXT_MESSAGE_CONTENT' && metadata?.['lw.run'] === run);
  let words = 0;
  const lags = texts.map(({ at, delta }) => {
    words += delta.length / 'word '.length;
    return { at, lag: at - (words * 1000) / perSecond };
  });
  const least = Math.min(...lags.map(({ lag }) => lag));
  return lags.map(({ at, lag }) => ({ at, lag: lag - least }));
}

/** @param {{at: number, lag: number}[]} lags @param {(at: number) => boolean} during @param {number} part */
function percentile(lags, during, part) {
  const sorted = lags
    .filter(({ at }) => during(at))
    .map(({ lag }) => lag)
    .sort((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
}

test('a storm of events leaves the events of a run in order', async (t) => {
  const EVENTS = 100;
  await scenario('tests-push-storm', { steps: [{ deltas_per_s: 20, blocks: [{ text: 'word '.repeat(2000) }] }] });
  const { userId, clients } = await user(t, 2);
  const [client] = clients;
  const run = await client.prompt('sim:tests-push-storm');
  await run.event('two seconds of text', ({ metadata }) => metadata['lw.seq'] > 40);
  const began = Date.now();
  const events = Array.from({ length: EVENTS }, () => cloudEvent());
  const left = [...events];
  const sender = async () => {
    for (let event = left.pop(); event; event = left.pop()) await push({ target: { userId }, event });
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  const ended = Date.now();
  const { last } = run.received;
  await run.event(
    'a text after the storm',
    ({ metadata, type }) => metadata['lw.seq'] > last && type.startsWith('TEXT'),
  );
  await client.cancel(run);
  await run.end();

  const lags = lagsOf(client, run.id, 20);
  const p99 = (/** @type {(at: number) => boolean} */ during) => percentile(lags, during, 0.99).toFixed(0);
  t.diagnostic(
    `${EVENTS} events in ${ended - began} ms; p99 of the lag of deltas: ${p99((at) => at < began)} ms before the events, ` +
      `${p99((at) => at >= began && at < ended)} ms beside them`,
  );

  /** @type {any[][]} */
  const frames = client.socket.frames.map(({ text }) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  );
  const lines = frames.flat();
  const numbers = lines
    .filter(({ metadata }) => metadata?.['lw.run'] === run.id)
    .map(({ metadata }) => metadata['lw.seq']);
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => at + 1),
    'each event of the run came once, in order',
  );
  const pushed = frames.filter((frame) => frame.some(({ type }) => type === 'push'));
  assert.ok(
    pushed.every((frame) => frame.length === 1),
    'a frame with an event has no other line',
  );
  const ids = (/** @type {any[]} */ list) => list.map(({ id }) => id).sort();
  for (const each of clients) assert.deepEqual(ids(await received(each)), ids(events), 'each event came once');
});

test('scripts/local push sends an event and prints the answer, or the error', async (t) => {
  const { userId, clients, ids } = await user(t, 1);
  const sent = await local(['push', '--user', userId, '{"order":"42"}']);
  assert.equal(sent.code, 0, sent.err);
  const [event] = await received(clients[0]);
  const { id, ...rest } = event;
  assert.deepEqual(rest, { specversion: '1.0', source: '/local', type: 'local.push', data: { order: '42' } });
  assert.deepEqual(JSON.parse(sent.out), { id, delivered: 1, gone: 0, stored: 0 });
  const toOne = await local(['push', '--connection', ids[0], JSON.stringify(cloudEvent())]);
  assert.equal(JSON.parse(toOne.out).delivered, 1);
  const refused = await local(['push', '--user', userId, JSON.stringify(cloudEvent({ time: 'today' }))]);
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /^error: `event`: `time` must be a time in RFC 3339 \(InvalidRequest\)\n$/);
});
