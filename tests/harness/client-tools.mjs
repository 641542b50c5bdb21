// Tools of the tests' client, and its answers to their calls.

import assert from 'node:assert/strict';

import { Run } from './run.mjs';

/** @typedef {import('./client.mjs').Client} Client */

/** Tools of a client, as `prompt` takes them. */
export const TOOLS = [
  {
    name: 'top_song',
    description: 'Returns the most popular song played on a radio station.',
    parameters: {
      type: 'object',
      properties: { sign: { type: 'string', description: 'The call sign of the station.' } },
      required: ['sign'],
    },
  },
  { name: 'get_location', description: 'Returns where the user is.', parameters: { type: 'object' } },
];

/** Result of `top_song`. */
export const SONG = 'Elemental Hotel by 8 Storey Hike';

/**
 * Waits until a run has ended with calls for the client, and returns those in the order of the model.
 * @param {Run} run
 * @returns {Promise<{id: string, name: string, arguments: any}[]>}
 */
export async function pendingCalls(run) {
  const last = /** @type {any} */ (await run.end());
  assert.deepEqual([last.type, last.outcome?.type], ['RUN_FINISHED', 'success'], JSON.stringify(last));
  return (last.outcome.pendingToolCallIds ?? []).map((/** @type {string} */ id) => {
    const of = (/** @type {string} */ type) => run.of(type).filter((event) => event.toolCallId === id);
    const [start] = of('TOOL_CALL_START');
    assert.equal(start.metadata['lw.executor'], 'client');
    const text = of('TOOL_CALL_ARGS').map(({ delta }) => delta);
    return { id, name: start.toolCallName, arguments: JSON.parse(text.join('')) };
  });
}

/**
 * Sends the result of a call and returns the response.
 * @param {Client} client
 * @param {string} threadId
 * @param {string} toolCallId
 * @param {any} content
 * @param {Record<string, any>} [more]
 */
export function sendResult(client, threadId, toolCallId, content, more = {}) {
  return client.request({ action: 'tool_result', threadId, toolCallId, content, ...more });
}

/**
 * Sends the last result that a thread waits for, and returns the run that follows.
 * @param {Client} client
 * @param {string} threadId
 * @param {string} toolCallId
 * @param {any} content
 * @param {Record<string, any>} [more]
 */
export async function answered(client, threadId, toolCallId, content, more = {}) {
  const ack = await sendResult(client, threadId, toolCallId, content, more);
  assert.deepEqual(
    [ack.type, ack.action, ack.status, ack.pending],
    ['ack', 'tool_result', 'queued', []],
    JSON.stringify(ack),
  );
  return new Run(client, ack);
}
