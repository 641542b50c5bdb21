// Injects faults into the calls of AWS by the functions of the brittle stack, and reads those calls
// (harness/proxy.mjs).

import assert from 'node:assert/strict';

import { until } from './deadline.mjs';

/** @typedef {import('./faults.mjs').Call} Call */
/** @typedef {import('./faults.mjs').Rule} Rule */

/** Value of `times` for a rule without a limit. */
export const ALWAYS = 1e9;

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(method, path, body) {
  const at = process.env.LONGWIRE_TESTS_PROXY;
  assert.ok(at, 'only the brittle stack has a proxy');
  const response = await fetch(`${at}/_faults/${path}`, { method, body: body && JSON.stringify(body) });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** A rule that is in force. */
class Injection {
  /** @param {string} id @param {Rule} rule */
  constructor(id, rule) {
    this.id = id;
    this.rule = rule;
  }

  /** Waits until the rule has matched `times` calls. @param {number} [ms] @param {number} [times] */
  async matched(ms, times = 1) {
    const what = `${this.rule.effect} ${this.rule.operation ?? 'a call'}`;
    await until(what, async () => (await ask('GET', `rules/${this.id}`)).matches >= times, ms);
  }

  /** Counts the calls that it matched. @returns {Promise<number>} */
  async count() {
    return (await ask('GET', `rules/${this.id}`)).matches;
  }

  /** Removes the rule; calls that it holds continue. */
  async remove() {
    await ask('DELETE', `rules/${this.id}`);
  }
}

/**
 * Puts a rule in force until it is removed or the test ends.
 * @param {{after: (undo: () => Promise<void>) => void}} t
 * @param {Rule} rule
 */
export async function inject(t, rule) {
  const { id } = await ask('POST', 'rules', rule);
  const injection = new Injection(id, rule);
  t.after(() => injection.remove());
  return injection;
}

/** Removes all rules. */
export async function removeRules() {
  await ask('DELETE', 'rules');
}

/**
 * Returns the functions' calls, oldest first.
 * @param {{operation?: string, function?: string, containing?: string, since?: number}} which
 * @returns {Promise<Call[]>}
 */
export function callsOf(which) {
  const query = Object.fromEntries(Object.entries(which).map(([name, value]) => [name, String(value)]));
  return ask('GET', `calls?${new URLSearchParams(query)}`);
}

/** Returns the processes of workers that made a call within the last second. @returns {Promise<number[]>} */
export async function activeWorkers() {
  const calls = await callsOf({ function: 'worker', since: Date.now() - 1000 });
  return [...new Set(calls.flatMap(({ pid }) => pid ?? []))];
}

/** Returns the control polls of a run, oldest first. @param {string} run @returns {Promise<Call[]>} */
export async function controlPolls(run) {
  const reads = await callsOf({ function: 'worker', operation: 'BatchGetItem', containing: `RUN#${run}` });
  // A read with the run's input is the first one of an attempt, not a poll.
  return reads.filter(({ body }) => !body.includes(`RUN#${run}#IN`));
}

/** Waits for the process that made the latest control poll of a run. @param {string} run @param {number[]} [not] */
export function workerOf(run, not = []) {
  return until(`a worker executes ${run}`, async () => {
    const pid = (await controlPolls(run)).at(-1)?.pid;
    return pid !== undefined && !not.includes(pid) && pid;
  });
}
