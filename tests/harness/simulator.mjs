// The simulator's own interface (simulator/README.md). Test files run in parallel, so each question is about single
// runs or threads, and nothing is cleared.

import assert from 'node:assert/strict';

import { until } from './deadline.mjs';
import { stack } from './stack.mjs';

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const response = await fetch(`${stack().simulator}/_sim/${path}`);
  assert.equal(response.status, 200, path);
  return response.json();
}

/**
 * Returns whether a request's or stream's labels name a run.
 * @param {Record<string, string> | undefined} labels
 * @param {string} run
 */
function isLabelled(labels, run) {
  return Object.values(labels ?? {}).includes(run);
}

/** Returns the requests of a run to the model, oldest first. @param {string} run @returns {Promise<any[]>} */
export async function requests(run) {
  return (await get('requests')).filter((/** @type {any} */ request) => isLabelled(request.body.requestMetadata, run));
}

/** Returns the requests to the model whose only message has no content. @returns {Promise<any[]>} */
export async function emptyRequests() {
  return (await get('requests')).filter((/** @type {any} */ { body }) => body.messages?.[0]?.content?.length === 0);
}

/** Returns the model streams of a run, oldest first. @param {string} run @returns {Promise<any[]>} */
export async function streams(run) {
  return (await get('streams')).filter((/** @type {any} */ stream) => isLabelled(stream.requestMetadata, run));
}

/** Returns the calls of the weather service and the knowledge base whose path contains a text. @param {string} text */
export async function calls(text) {
  return (await get('calls')).filter((/** @type {any} */ call) => call.path.includes(text));
}

/**
 * Waits until the worker has dropped the run's only stream.
 * @param {string} run
 * @param {number} [ms]
 */
export function dropped(run, ms) {
  return until(
    `the stream of ${run} is dropped`,
    async () => {
      const all = await streams(run);
      return all.length === 1 && all[0].state === 'dropped' && all[0];
    },
    ms,
  );
}

/** Adds a scenario. @param {string} name @param {object} scenario */
export async function scenario(name, scenario) {
  const body = JSON.stringify(scenario);
  const response = await fetch(`${stack().simulator}/_sim/scenarios/${name}`, { method: 'PUT', body });
  assert.equal(response.status, 204, await response.text());
}

/** Adds a scenario whose reply takes ten minutes unless it is cancelled, and returns a prompt that plays it. */
export async function endlessReply() {
  await scenario('tests-endless', { steps: [{ deltas_per_s: 1, blocks: [{ text: 'word '.repeat(600) }] }] });
  return 'sim:tests-endless';
}
