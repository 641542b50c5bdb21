// Calls that need approval, and the answers of the tests' client.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { newId } from './client.mjs';
import { reconfigure } from './functions.mjs';
import { Run } from './run.mjs';
import { requests, scenario } from './simulator.mjs';

/** @typedef {import('./client.mjs').Client} Client */
/**
 * @typedef {{id: string, reason: string, message: string, toolCallId: string, responseSchema: any, expiresAt: string}} Interrupt
 */
/** @typedef {{approved: boolean, reason?: string, editedArgs?: Record<string, any>}} Answer */

/** @type {Answer} */
export const APPROVE = { approved: true };
/** @type {Answer} */
export const DENY = { approved: false };

/** `current_time` always needs approval, and `get_weather` for Tokyo. */
export const APPROVALS = {
  current_time: 'always',
  get_weather: { if: { properties: { location: { const: 'Tokyo' } }, required: ['location'] } },
};

/**
 * Sets the calls that need approval, for the tests of a suite. Call it in `describe`.
 * @param {Record<string, any>} approvals by tool
 */
export function needApproval(approvals) {
  /** @type {(() => Promise<void>)[]} */
  const undo = [];
  const context = {
    after: (/** @type {() => Promise<void>} */ work) => undo.push(work),
    diagnostic: (/** @type {string} */ message) => console.log(message),
  };
  before(() => reconfigure(context, 'worker', { variables: { APPROVALS: JSON.stringify(approvals) } }));
  after(async () => {
    for (const work of undo) await work();
  });
}

/** Waits until a run has ended with interrupts, and returns those. @param {Run} run @returns {Promise<Interrupt[]>} */
export async function interruptsOf(run) {
  const last = /** @type {any} */ (await run.end());
  assert.deepEqual([last.type, last.outcome?.type], ['RUN_FINISHED', 'interrupt'], JSON.stringify(last));
  return last.outcome.interrupts;
}

/** Starts a run that ends with one call of `current_time` that needs approval. @param {Client} client */
export async function asked(client) {
  const run = await client.prompt('sim:approval');
  const [interrupt] = await interruptsOf(run);
  return { run, interrupt, threadId: run.threadId };
}

/** Adds a scenario with two calls of `current_time`, then text, and returns a prompt that plays it. */
export async function twoCalls() {
  const name = newId('approvals');
  const call = (/** @type {string} */ timezone) => ({ tool: 'current_time', input: { timezone } });
  const steps = [{ blocks: [call('Europe/Berlin'), call('UTC')] }, { blocks: [{ text: 'Two clocks.' }] }];
  await scenario(name, { steps });
  return `sim:${name}`;
}

/** Starts a run that ends with two calls that need approval. @param {Client} client */
export async function askedTwice(client) {
  const run = await client.prompt(await twoCalls());
  return { run, interrupts: await interruptsOf(run), threadId: run.threadId };
}

/** Name, arguments and metadata of the calls that a run made. @param {Run} run */
export function callsIn(run) {
  return run.of('TOOL_CALL_START').map(({ toolCallId: id, toolCallName: name, metadata }) => {
    const parts = run.of('TOOL_CALL_ARGS').filter((event) => event.toolCallId === id);
    return { id, name, arguments: JSON.parse(parts.map(({ delta }) => delta).join('')), metadata };
  });
}

/**
 * Answers an interrupt and returns the response.
 * @param {Client} client
 * @param {string} threadId
 * @param {string} interruptId
 * @param {Record<string, any>} answer
 */
export function sendApproval(client, threadId, interruptId, answer) {
  return client.request({ action: 'approval', threadId, interruptId, ...answer });
}

/**
 * Answers the last interrupt of a thread, and returns the run that follows.
 * @param {Client} client
 * @param {string} threadId
 * @param {string} interruptId
 * @param {Answer} answer
 */
export async function decided(client, threadId, interruptId, answer) {
  const ack = await sendApproval(client, threadId, interruptId, answer);
  const { type, action, status, pending } = ack;
  assert.deepEqual([type, action, status, pending], ['ack', 'approval', 'queued', []], JSON.stringify(ack));
  return new Run(client, ack);
}

/**
 * Results in the input of a run: the call, its outcome, and the text.
 * @param {Run} run
 * @returns {[string, string, string][]}
 */
export function answersIn(run) {
  const messages = run.events[0].input.messages.filter((/** @type {any} */ { role }) => role === 'tool');
  return messages.map((/** @type {any} */ { toolCallId, content, metadata }) => [
    toolCallId,
    metadata['lw.outcome'],
    content,
  ]);
}

/**
 * The calls and the results in the first request of a run, as the model sees them.
 * @param {string} run
 * @returns {Promise<{inputs: any[], results: string[]}>} the arguments of the calls, the texts of the results
 */
export async function seenByModel(run) {
  const [{ body }] = await requests(run);
  const [{ content: calls }, { content: results }] = body.messages.slice(-2);
  return {
    inputs: calls.flatMap((/** @type {any} */ { toolUse }) => toolUse?.input ?? []),
    results: results.flatMap((/** @type {any} */ { toolResult }) => toolResult?.content[0].text ?? []),
  };
}
