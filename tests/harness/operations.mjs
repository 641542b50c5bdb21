// Which calls a run consists of, learnt from an undisturbed one.

import { mentions } from './faults.mjs';
import { callsOf } from './spoil.mjs';

/** Several calls of a kind are told apart by their number, up to this: control reads never end. */
const MOST = 4;

/**
 * A call of a run, told apart from its like.
 * @typedef {object} Kind
 * @property {string} function
 * @property {string} operation
 * @property {string} names what it names of the run: a key of `Ids`, or nothing
 * @property {number} after how many of its kind came before
 */

/** @typedef {{runId: string, threadId: string, connectionId: string}} Ids */

/**
 * The calls that ingest and the worker make for one run.
 * @param {Ids} ids
 * @param {number} since
 * @returns {Promise<Kind[]>}
 */
export async function operationsOf(ids, since) {
  const seen = new Map();
  const calls = (await callsOf({ since })).filter((call) => ['ingest', 'worker'].includes(call.function ?? ''));
  return calls.flatMap((call) => {
    const [names = ''] = Object.entries(ids).find(([, id]) => mentions(call, id)) ?? [];
    const key = `${call.function} ${call.operation} ${names}`;
    const after = seen.get(key) ?? 0;
    seen.set(key, after + 1);
    return after < MOST ? [{ function: call.function ?? '', operation: call.operation, names, after }] : [];
  });
}
