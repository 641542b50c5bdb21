// Command line of the chaos test.

import { parseArgs } from 'node:util';

/** @typedef {{seconds: number, threads: number, seed: number}} Options */

/** @param {string[]} words @returns {Options} */
export function options(words) {
  const { values } = parseArgs({
    args: words,
    options: { seconds: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
  });
  const number = (/** @type {string | undefined} */ text, /** @type {number} */ otherwise) => {
    const value = Number(text ?? otherwise);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${text} is not an integer above 0`);
    return value;
  };
  return {
    seconds: number(values.seconds, 120),
    threads: number(values.threads, 10),
    seed: number(values.seed, 1 + (Date.now() % 1_000_000)),
  };
}
