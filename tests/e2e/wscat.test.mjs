// Output of wscat.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newId } from '../harness/client.mjs';
import { wscat } from '../harness/wscat.mjs';

const answered = (/** @type {string} */ output) => /"type":"RUN_(FINISHED|ERROR)".*\n/.test(output);

/** @param {string[]} lines @returns {{ack: any, events: any[]}} */
function read(lines) {
  const all = lines.map((line) => JSON.parse(line));
  return { ack: all.find(({ type }) => type === 'ack'), events: all.filter(({ type }) => /^[A-Z]/.test(type)) };
}

/** @param {any} result output of wscat */
function check(result) {
  const { ack, events } = read(result.lines);
  assert.equal(ack.status, 'queued');
  assert.deepEqual(
    events.map(({ metadata }) => metadata['lw.seq']),
    events.map((_, at) => at + 1),
  );
  assert.equal(events[0].type, 'RUN_STARTED');
  assert.deepEqual(events.at(-1).outcome, { type: 'success' });
  return events;
}

describe('wscat', { concurrency: 2 }, () => {
  test('a client without a subprotocol receives one event in each frame', async () => {
    const events = check(await wscat(['-x', '{"prompt":"Hey!"}', '-w', '20'], answered));
    assert.equal(
      events
        .filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT')
        .map(({ delta }) => delta)
        .join(''),
      'Hello! How can I help you today?',
    );
  });

  test('the subprotocol longwire.v1 is selected', async () => {
    check(await wscat(['-s', 'longwire.v1', '-x', '{"prompt":"Hey!"}', '-w', '20'], answered));
  });

  test('a plain text is a prompt', async () => {
    check(await wscat(['-x', 'Hey!', '-w', '20'], answered));
  });

  test('a thread in the URL is the thread of the run', async () => {
    const thread = newId('t');
    const { ack } = read((await wscat(['-x', '{"prompt":"Hey!"}', '-w', '20'], answered, `?thread=${thread}`)).lines);
    assert.equal(ack.threadId, thread);
  });

  test('an unknown subprotocol is refused', async () => {
    const { code, errors, lines } = await wscat(['-s', 'graphql-ws', '-x', 'Hey!', '-w', '20'], () => false);
    assert.notEqual(code, 0);
    assert.match(errors, /400/);
    assert.deepEqual(lines, []);
  });
});
