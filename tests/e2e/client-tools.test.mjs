// Tools that the client runs: the run ends with their calls, and each result brings the thread closer to the next one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { validate } from '../conformance/agui.mjs';
import { connect, newId } from '../harness/client.mjs';
import { answered, pendingCalls, SONG, sendResult, TOOLS } from '../harness/client-tools.mjs';
import { requests, scenario } from '../harness/simulator.mjs';
import { answersNextPrompt, runQueueOf } from '../harness/thread.mjs';

// A window has 20 messages, and a worker reads 41.
const ROUNDS = 25;
const MOST_MESSAGES = 21;

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('../harness/client.mjs').Client} Client */

/** Starts a run that ends with one call of the client's tool. @param {Client} client @param {Record<string, any>} [more] */
async function asked(client, more = {}) {
  const run = await client.prompt('sim:client-tool', { tools: TOOLS, ...more });
  const [call] = await pendingCalls(run);
  return { run, call, threadId: run.threadId };
}

/** Parts of the last user turn of a run's first request. @param {string} run */
async function lastTurn(run) {
  const [{ body }] = await requests(run);
  const { role, content } = body.messages.at(-1);
  assert.equal(role, 'user');
  return content.filter((/** @type {any} */ part) => !part.cachePoint);
}

/** Content and status of a result. @param {any} part */
const resultOf = ({ toolResult: { content, status } }) => [content[0].text, status];

describe('one call', () => {
  test('the client runs the tool, and the model goes on with its result', async (t) => {
    const client = await connect(t);
    const { run, call, threadId } = await asked(client);
    assert.deepEqual([call.name, call.arguments], ['top_song', { sign: 'WZPZ' }]);
    const history = await client.history({ threadId });
    assert.deepEqual([history.pending, history.run], [{ toolCallIds: [call.id], interrupts: [] }, undefined]);

    const next = await answered(client, threadId, call.id, SONG);
    await next.success();
    assert.equal(next.text, 'It is Elemental Hotel by 8 Storey Hike.');
    const [started] = next.events;
    assert.equal(started.metadata['lw.after'], run.id);
    const [message] = started.input.messages;
    assert.deepEqual([message.role, message.toolCallId, message.content], ['tool', call.id, SONG]);
    assert.deepEqual((await lastTurn(next.id)).map(resultOf), [[SONG, 'success']]);

    const { violations, outcomes, messages } = await validate([run.events, next.events]);
    assert.deepEqual([violations, outcomes], [[], ['success', 'success']]);
    const after = await client.history({ threadId });
    assert.deepEqual(after.pending, { toolCallIds: [], interrupts: [] });
    assert.deepEqual(
      after.messages.map((/** @type {any} */ { id }) => id),
      messages.map(({ id }) => id),
    );
    await answersNextPrompt(client);
  });

  test('JSON, errors and a message id of the client are taken', async (t) => {
    const client = await connect(t);
    /** @type {[Record<string, any>, string, string][]} */
    const answers = [
      [{ content: { song: SONG } }, JSON.stringify({ song: SONG }), 'success'],
      [{ content: '', error: undefined }, 'The tool returned nothing.', 'success'],
      [{ content: undefined, error: 'There is no such station.' }, 'There is no such station.', 'error'],
    ];
    for (const [answer, text, status] of answers) {
      const { call, threadId } = await asked(client);
      const messageId = newId('m');
      const next = await answered(client, threadId, call.id, undefined, { messageId, ...answer });
      await next.success();
      assert.equal(next.events[0].input.messages[0].id, messageId);
      assert.deepEqual((await lastTurn(next.id)).map(resultOf), [[text, status]]);
    }
  });

  test('another device sees what is pending, and may answer', async (t) => {
    const query = { thread: newId('t') };
    const [client, other] = [await connect(t, { query }), await connect(t, { query })];
    const { call, threadId } = await asked(client);
    const { pending } = await other.history({ threadId });
    assert.deepEqual(pending.toolCallIds, [call.id]);
    const next = await answered(other, threadId, call.id, SONG);
    await next.success();
    await client.until('the run that follows, on the first device', ({ runs }) => runs.get(next.id)?.ended);
  });

  test('a result in parts is joined', async (t) => {
    const client = await connect(t);
    const { call, threadId } = await asked(client);
    const parts = ['a', 'ü', 'c'].map((letter) => letter.repeat(10_000));
    for (const [at, part] of [
      [2, parts[1]],
      [3, parts[2]],
    ]) {
      const ack = await sendResult(client, threadId, call.id, part, { part: at, of: 3 });
      assert.deepEqual([ack.status, ack.pending], ['accepted', [call.id]]);
    }
    const next = await answered(client, threadId, call.id, parts[0], { part: 1, of: 3 });
    await next.success();
    assert.deepEqual((await lastTurn(next.id)).map(resultOf), [[parts.join(''), 'success']]);
    const [shown] = next.events[0].input.messages;
    assert.equal(shown.metadata['lw.truncated'], true);
    assert.equal(shown.metadata['lw.bytes'], Buffer.byteLength(parts.join('')));
  });
});

describe('several calls', () => {
  test("the server's own tool runs first, and the client answers the others in any order", async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:client-tools-mixed', { tools: TOOLS });
    const calls = await pendingCalls(run);
    assert.deepEqual(
      calls.map(({ name }) => name),
      ['top_song', 'get_location'],
    );
    assert.equal(run.of('TOOL_CALL_RESULT').length, 1);
    const [song, location] = calls;
    const first = await sendResult(client, run.threadId, location.id, 'Lisbon');
    assert.deepEqual([first.status, first.pending, first.runId], ['accepted', [song.id], run.id]);
    const next = await answered(client, run.threadId, song.id, SONG);
    await next.success();
    const results = (await lastTurn(next.id)).map(resultOf);
    assert.deepEqual(
      [results[0], results[2]],
      [
        [SONG, 'success'],
        ['Lisbon', 'success'],
      ],
    );
    assert.match(results[1][0], /overcast in Berlin/);
    assert.deepEqual((await validate([run.events, next.events])).violations, []);
  });

  test('two results at the same time start one run', async (t) => {
    const query = { thread: newId('t') };
    const clients = [await connect(t, { query }), await connect(t, { query })];
    const run = await clients[0].prompt('sim:client-tools-mixed', { tools: TOOLS });
    const calls = await pendingCalls(run);
    const acks = await Promise.all(calls.map(({ id }, at) => sendResult(clients[at], run.threadId, id, 'yes')));
    assert.deepEqual(acks.map(({ status }) => status).sort(), ['accepted', 'queued']);
    const started = acks.find(({ status }) => status === 'queued')?.runId;
    await clients[0].until('the run that follows', ({ runs }) => runs.get(started)?.ended);
    assert.deepEqual([...clients[0].runs.keys()], [run.id, started]);
  });

  test('a chain of rounds is answered', async (t) => {
    const client = await connect(t);
    const name = newId('tools');
    await scenario(name, {
      steps: [1, 2, 3, 4, 5].map((round) =>
        round < 5 ? { blocks: [{ tool: 'get_location', input: { round } }] } : { blocks: [{ text: 'Done.' }] },
      ),
    });
    let run = await client.prompt(`sim:${name}`, { tools: TOOLS });
    for (let round = 1; round < 5; round += 1) {
      const [call] = await pendingCalls(run);
      assert.deepEqual(call.arguments, { round });
      run = await answered(client, run.threadId, call.id, `round ${round}`);
    }
    await run.success();
    assert.equal(run.text, 'Done.');
  });

  test('a chain that outgrows the window and what a worker reads still shows the model the question', async (t) => {
    const client = await connect(t);
    const name = newId('tools');
    await scenario(name, { repeat: true, steps: [{ blocks: [{ tool: 'get_location', input: {} }] }] });
    let run = await client.prompt(`sim:${name}`, { tools: TOOLS });
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [call] = await pendingCalls(run);
      run = await answered(client, run.threadId, call.id, `round ${round}`);
    }
    await pendingCalls(run);
    const [{ body }] = await requests(run.id);
    const [first] = body.messages;
    assert.deepEqual([first.role, first.content[1].text], ['user', `sim:${name}`]);
    assert.ok(body.messages.length <= MOST_MESSAGES, `${body.messages.length} messages`);
    assert.deepEqual((await lastTurn(run.id)).map(resultOf), [[`round ${ROUNDS}`, 'success']]);
  });
});

describe('once', () => {
  test('a repeated result is a duplicate, and another one is refused', async (t) => {
    const client = await connect(t);
    const { call, threadId } = await asked(client);
    const next = await answered(client, threadId, call.id, SONG);
    const repeated = await sendResult(client, threadId, call.id, SONG);
    assert.deepEqual([repeated.type, repeated.duplicate, repeated.runId], ['ack', true, next.id]);
    const other = await sendResult(client, threadId, call.id, 'Another song');
    assert.deepEqual([other.type, other.code], ['error', 'not_pending']);
    await next.success();
    assert.equal((await sendResult(client, threadId, call.id, SONG)).status, 'finished');
  });

  test('a call that nobody made, and one of another thread, are refused', async (t) => {
    const client = await connect(t);
    const { call, threadId } = await asked(client);
    for (const [thread, id] of [
      [threadId, 'tc_unknown'],
      [newId('t'), call.id],
    ]) {
      const refused = await sendResult(client, thread, id, SONG);
      assert.deepEqual([refused.type, refused.code], ['error', 'not_pending']);
    }
  });
});

describe('instead of a result', () => {
  test('a prompt is refused, and ends the wait with `supersede`', async (t) => {
    const client = await connect(t);
    const { call, threadId } = await asked(client);
    const refused = await client.request({ action: 'prompt', threadId, prompt: 'Hey!' });
    assert.deepEqual([refused.type, refused.code], ['error', 'answers_pending']);
    const next = await (await client.prompt('Hey!', { supersede: true })).success();
    assert.deepEqual(
      next.events[0].input.messages.map((/** @type {any} */ { role, metadata }) => [role, metadata?.['lw.outcome']]),
      [
        ['tool', 'error'],
        ['user', undefined],
      ],
    );
    const [result, text] = await lastTurn(next.id);
    assert.deepEqual([resultOf(result), text.text], [['The client gave no result.', 'error'], 'Hey!']);
    assert.equal((await sendResult(client, threadId, call.id, SONG)).code, 'not_pending');
    await answersNextPrompt(client);
  });

  test('a cancellation ends the wait', async (t) => {
    const client = await connect(t);
    for (const named of [true, false]) {
      const { run, call, threadId } = await asked(client);
      const ack = await client.request({ action: 'cancel', threadId, ...(named && { runId: run.id }) });
      assert.deepEqual([ack.type, ack.status, ack.runId], ['ack', 'cancelled', run.id]);
      assert.equal((await sendResult(client, threadId, call.id, SONG)).code, 'not_pending');
      await answersNextPrompt(client);
    }
  });

  test('a prompt that waited behind the run begins after the run that follows', async (t) => {
    const client = await connect(t);
    const name = newId('tools');
    await scenario(name, {
      steps: [
        {
          blocks: [{ text: 'One moment. '.repeat(8) }, { tool: 'top_song', input: { sign: 'WZPZ' } }],
          deltas_per_s: 8,
        },
        { blocks: [{ text: 'The song is known.' }] },
      ],
    });
    const run = await client.prompt(`sim:${name}`, { tools: TOOLS });
    const queued = await client.prompt('Hey!');
    assert.equal(queued.ack.status, 'waiting');
    const [call] = await pendingCalls(run);
    assert.deepEqual(await runQueueOf(run.threadId), [queued.id]);
    const next = await answered(client, run.threadId, call.id, SONG);
    await next.success();
    await queued.success();
    assert.deepEqual([...client.runs.keys()], [run.id, next.id, queued.id]);
    assert.equal(queued.text, 'Hello! How can I help you today?');
  });

  test('a cancellation lets the prompt that waited begin', async (t) => {
    const client = await connect(t);
    const run = await client.prompt('sim:client-tool', { tools: TOOLS });
    const queued = await client.prompt('Hey!');
    await pendingCalls(run);
    if (queued.ack.status === 'waiting') await client.cancel(run);
    await queued.success();
  });
});

describe('refused', () => {
  test('tools whose names are taken, and schemas that are invalid', async (t) => {
    const client = await connect(t);
    const tool = (/** @type {object} */ fields) => ({ name: 'mine', parameters: { type: 'object' }, ...fields });
    /** @type {[object[], RegExp][]} */
    const rows = [
      [[tool({ name: 'get_weather' })], /`get_weather`, which is the name of a tool of the server/],
      [[tool({}), tool({})], /`mine`, which is the name of another of the `tools`/],
      [[tool({ name: 'a b' })], /tools\[0\]\.name/],
      [[tool({ parameters: { type: 'string' } })], /tools\[0\]\.parameters\.type/],
      [[tool({ parameters: [] })], /tools\[0\]\.parameters/],
    ];
    for (const [tools, pattern] of rows) {
      const refused = await client.request({ action: 'prompt', prompt: 'Hey!', tools });
      assert.deepEqual([refused.type, refused.code], ['error', 'invalid_message']);
      assert.match(refused.message, pattern);
    }
  });

  test('another format than agui ends with an error', async (t) => {
    const client = await connect(t, { query: { format: 'simple' } });
    client.socket.send(JSON.stringify({ action: 'prompt', prompt: 'sim:client-tool', tools: TOOLS }));
    const error = await client.socket.until('the error', () =>
      client.socket.frames.find(({ text }) => text.includes('"type":"error"')),
    );
    assert.match(error.text, /use format=agui/);
  });
});
