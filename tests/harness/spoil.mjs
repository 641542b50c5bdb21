// Spoils what the functions of the brittle stack ask of AWS, and looks at it (harness/proxy.mjs).

import assert from 'node:assert/strict';

import { until } from './deadline.mjs';

/** @typedef {import('./faults.mjs').Call} Call */
/** @typedef {import('./faults.mjs').Rule} Rule */

/** As often as it comes. */
export const ALWAYS = 1e9;

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(method, path, body) {
  const at = process.env.LONGWIRE_TESTS_PROXY;
  assert.ok(at, 'only the brittle stack has a proxy');
  const response = await fetch(`${at}/_faults/${path}`, { method, body: body && JSON.stringify(body) });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** A rule in force. */
class Spoilt {
  /** @param {string} id @param {Rule} rule */
  constructor(id, rule) {
    this.id = id;
    this.rule = rule;
  }

  /** Waits until a call met the rule. @param {number} [ms] @param {number} [times] */
  async met(ms, times = 1) {
    const what = `${this.rule.effect} ${this.rule.operation ?? 'a call'}`;
    await until(what, async () => (await ask('GET', `rules/${this.id}`)).met >= times, ms);
  }

  /** How often it was met. @returns {Promise<number>} */
  async count() {
    return (await ask('GET', `rules/${this.id}`)).met;
  }

  /** The rule no longer holds; calls it holds go on. */
  async withdraw() {
    await ask('DELETE', `rules/${this.id}`);
  }
}

/**
 * Puts a rule in force until it is withdrawn or the test ends.
 * @param {{after: (undo: () => Promise<void>) => void}} t
 * @param {Rule} rule
 */
export async function spoil(t, rule) {
  const { id } = await ask('POST', 'rules', rule);
  const spoilt = new Spoilt(id, rule);
  t.after(() => spoilt.withdraw());
  return spoilt;
}

/** No rule is in force any more. */
export async function calm() {
  await ask('DELETE', 'rules');
}

/**
 * The functions' calls, oldest first.
 * @param {{operation?: string, function?: string, holding?: string, since?: number}} which
 * @returns {Promise<Call[]>}
 */
export function callsOf(which) {
  const query = Object.entries(which).map(([name, value]) => [name, String(value)]);
  return ask('GET', `calls?${new URLSearchParams(query)}`);
}

/** The workers' processes that asked for something within the last second. @returns {Promise<number[]>} */
export async function atWork() {
  const calls = await callsOf({ function: 'worker', since: Date.now() - 1000 });
  return [...new Set(calls.flatMap(({ pid }) => pid ?? []))];
}

/** The reads of a run's control row by the worker that serves it, oldest first. @param {string} run @returns {Promise<Call[]>} */
export async function controlReads(run) {
  const reads = await callsOf({ function: 'worker', operation: 'BatchGetItem', holding: `RUN#${run}` });
  // Each worker that gets a message of the run reads its input, also one that does not serve it.
  return reads.filter(({ body }) => !body.includes(`RUN#${run}#IN`));
}

/** The process that serves a run: the one that made its latest control read. @param {string} run @param {number[]} [not] */
export function serving(run, not = []) {
  return until(`a worker serves ${run}`, async () => {
    const pid = (await controlReads(run)).at(-1)?.pid;
    return pid !== undefined && !not.includes(pid) && pid;
  });
}
