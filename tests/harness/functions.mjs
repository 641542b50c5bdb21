// The functions in MiniStack's Lambda: timeout, environment variables, invocation.

import assert from 'node:assert/strict';

import { queueEmpty } from './aws.mjs';
import { stack } from './stack.mjs';

/** @typedef {import('./stack.mjs').Stack} Stack */
/** @typedef {{Timeout: number, Environment: {Variables: Record<string, string>}}} Configuration */

/** @typedef {{timeout: number, variables: Record<string, string>}} Settings */

/**
 * Reads the settings of a function.
 * @param {string} name its folder
 * @param {Stack} [at]
 * @returns {Promise<Settings>}
 */
export async function settingsOf(name, at = stack()) {
  const { Timeout, Environment } = /** @type {Configuration} */ (await ask(at, 'GET', pathOf(name, at)));
  return { timeout: Timeout, variables: Environment.Variables };
}

/**
 * Replaces all settings of a function. Its processes are replaced too, so no invocation may be running.
 * @param {string} name its folder
 * @param {Settings} settings
 * @param {Stack} [at]
 */
export async function configure(name, { timeout, variables }, at = stack()) {
  await ask(at, 'PUT', pathOf(name, at), { Timeout: timeout, Environment: { Variables: variables } });
}

/** Deadline for an empty queue before a function is changed. */
const SETTLE_MS = 60_000;

/**
 * Changes settings of a function until the test ends. It waits until the queue is empty before each change, because a
 * message whose invocation is ended stays invisible.
 * @param {{after: (undo: () => Promise<void>) => void, diagnostic: (message: string) => void}} t
 * @param {string} name its folder
 * @param {Partial<Settings>} change the settings and variables to change
 */
export async function reconfigure(t, name, { timeout, variables }) {
  await queueEmpty(SETTLE_MS);
  const was = await settingsOf(name);
  t.after(async () => {
    await queueEmpty(SETTLE_MS).catch((error) => t.diagnostic(error.message));
    await configure(name, was);
  });
  await configure(name, { timeout: timeout ?? was.timeout, variables: { ...was.variables, ...variables } });
}

/** @param {string} name @param {Stack} at */
function pathOf(name, at) {
  return `functions/${at.functions[name]}/configuration`;
}

/** Invokes a function and returns its result. @param {string} name @param {object} [event] */
export function invoke(name, event = {}) {
  return ask(stack(), 'POST', `functions/${stack().functions[name]}/invocations`, event);
}

/** Sets the maximum concurrency of the workers' event source. @param {number} workers @param {Stack} at */
export async function setConcurrency(workers, at) {
  for (const source of await workerSources(at)) await scale(source, { MaximumConcurrency: workers }, at);
}

/**
 * Limits how many workers run at the same time, until the test ends.
 * @param {import('node:test').TestContext} t
 * @param {number} workers at least 2
 */
export async function limitWorkers(t, workers) {
  for (const source of await workerSources(stack())) {
    t.after(() => scale(source, source.ScalingConfig, stack()));
    await scale(source, { MaximumConcurrency: workers }, stack());
  }
}

/** @typedef {{UUID: string, ScalingConfig: object}} EventSource */

/** @param {Stack} at @returns {Promise<EventSource[]>} */
async function workerSources(at) {
  return (await ask(at, 'GET', `event-source-mappings/?FunctionName=${at.functions.worker}`)).EventSourceMappings;
}

/** @param {EventSource} source @param {object} ScalingConfig @param {Stack} at */
async function scale({ UUID }, ScalingConfig, at) {
  await ask(at, 'PUT', `event-source-mappings/${UUID}`, { ScalingConfig });
}

/** @param {Stack} at @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(at, method, path, body) {
  const options = { method, body: body && JSON.stringify(body) };
  const response = await fetch(`${at.ministack}/2015-03-31/${path}`, options);
  const text = await response.text();
  assert.ok(response.ok && !response.headers.has('x-amz-function-error'), `${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
