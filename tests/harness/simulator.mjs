// The simulator's own interface (simulator/README.md), always asked about single runs or threads: test files
// run side by side, so nothing here clears anything.

import assert from 'node:assert/strict';

import { until } from './deadline.mjs';
import { stack } from './stack.mjs';

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const response = await fetch(`${stack().simulator}/_sim/${path}`);
  assert.equal(response.status, 200, path);
  return response.json();
}

/** The run that a request's or stream's labels name. @param {Record<string, string> | undefined} labels */
function names(labels, run) {
  return Object.values(labels ?? {}).includes(run);
}

/** The requests to the model that a run made, oldest first. @param {string} run @returns {Promise<any[]>} */
export async function requests(run) {
  return (await get('requests')).filter((request) => names(request.body.requestMetadata, run));
}

/** The model streams of a run, oldest first. @param {string} run @returns {Promise<any[]>} */
export async function streams(run) {
  return (await get('streams')).filter((stream) => names(stream.requestMetadata, run));
}

/** Calls of the weather service and the Knowledge Base whose path holds a text. @param {string} text */
export async function calls(text) {
  return (await get('calls')).filter((/** @type {any} */ call) => call.path.includes(text));
}

/**
 * Waits until the run's only stream was dropped by the worker.
 * @param {string} run
 * @param {number} [ms]
 */
export function dropped(run, ms) {
  return until(`the stream of ${run} is dropped`, async () => {
    const all = await streams(run);
    return all.length === 1 && all[0].state === 'dropped' && all[0];
  }, ms);
}

/** Adds a scenario. @param {string} name @param {object} scenario */
export async function scenario(name, scenario) {
  const body = JSON.stringify(scenario);
  const response = await fetch(`${stack().simulator}/_sim/scenarios/${name}`, { method: 'PUT', body });
  assert.equal(response.status, 204, await response.text());
}
