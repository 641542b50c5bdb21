// The calls of AWS that a run consists of, recorded from a run without faults.

import { contains } from './faults.mjs';
import { callsOf } from './inject.mjs';

/** Most calls of one kind that are recorded, because control polls go on as long as the run. */
const MOST = 4;

/**
 * One call of a run.
 * @typedef {object} Kind
 * @property {string} function
 * @property {string} operation
 * @property {string} names the key of `Ids` whose id the call contains, or an empty string
 * @property {number} after number of earlier calls with the same three properties
 */

/** @typedef {{runId: string, threadId: string, connectionId: string}} Ids */

/**
 * Returns the calls that ingest and the worker made for one run.
 * @param {Ids} ids
 * @param {number} since
 * @returns {Promise<Kind[]>}
 */
export async function operationsOf(ids, since) {
  const seen = new Map();
  const calls = (await callsOf({ since })).filter((call) => ['ingest', 'worker'].includes(call.function ?? ''));
  return calls.flatMap((call) => {
    const [names = ''] = Object.entries(ids).find(([, id]) => contains(call, id)) ?? [];
    const key = `${call.function} ${call.operation} ${names}`;
    const after = seen.get(key) ?? 0;
    seen.set(key, after + 1);
    return after < MOST ? [{ function: call.function ?? '', operation: call.operation, names, after }] : [];
  });
}
