// The functions as Lambda has them: their timeout, their variables, an invocation by hand.

import assert from 'node:assert/strict';

import { stack } from './stack.mjs';

/** @typedef {import('./stack.mjs').Stack} Stack */
/** @typedef {{Timeout: number, Environment: {Variables: Record<string, string>}}} Configuration */

/**
 * Changes a function, and returns what it was. Its processes are replaced, so nothing may be under way.
 * @param {string} name its folder
 * @param {{timeout?: number, variables?: Record<string, string>}} change
 * @param {Stack} [at]
 * @returns {Promise<{timeout: number, variables: Record<string, string>}>}
 */
export async function reconfigure(name, { timeout, variables }, at = stack()) {
  const path = `functions/${at.functions[name]}/configuration`;
  const { Timeout, Environment } = /** @type {Configuration} */ (await ask(at, 'GET', path));
  const was = { timeout: Timeout, variables: Environment.Variables };
  const Variables = { ...was.variables, ...variables };
  await ask(at, 'PUT', path, { Timeout: timeout ?? Timeout, Environment: { Variables } });
  return was;
}

/**
 * Changes a function for one test.
 * @param {import('node:test').TestContext} t
 * @param {string} name its folder
 * @param {Parameters<typeof reconfigure>[1]} change
 */
export async function functionIs(t, name, change) {
  const was = await reconfigure(name, change);
  t.after(() => reconfigure(name, was));
}

/** Calls a function and returns what it returns. @param {string} name @param {object} [event] */
export function invoke(name, event = {}) {
  return ask(stack(), 'POST', `functions/${stack().functions[name]}/invocations`, event);
}

/** Lets so many workers be at work at once. @param {number} workers @param {Stack} at */
export async function sideBySide(workers, at) {
  const { EventSourceMappings } = await ask(at, 'GET', `event-source-mappings/?FunctionName=${at.functions.worker}`);
  for (const { UUID } of EventSourceMappings) {
    await ask(at, 'PUT', `event-source-mappings/${UUID}`, { ScalingConfig: { MaximumConcurrency: workers } });
  }
}

/** @param {Stack} at @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(at, method, path, body) {
  const options = { method, body: body && JSON.stringify(body) };
  const response = await fetch(`${at.ministack}/2015-03-31/${path}`, options);
  const text = await response.text();
  assert.ok(response.ok && !response.headers.has('x-amz-function-error'), `${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
