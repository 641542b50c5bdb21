// Runs `scripts/usage` on a stack.

import { withAwsCli } from './aws-cli.mjs';

/**
 * Line of the report.
 * @typedef {{day: string, runs: number, inputTokens: number, cachedInputTokens: number, cacheWriteInputTokens: number,
 *   outputTokens: number, costMicros: number, unpricedRuns: number, user: string, model: string}} Line
 */

/**
 * Prints the report of a month.
 * @param {string} month such as 2026-11
 * @param {string[]} options
 */
export function usageReport(month, options) {
  return withAwsCli('usage', ['dev', '--month', month, ...options]);
}

/**
 * Reads the lines of a month, by day.
 * @param {string} month
 * @param {string[]} [options]
 * @returns {Promise<Line[]>}
 */
export async function usageLines(month, options = []) {
  const [header, ...lines] = (await usageReport(month, ['--csv', '--by', 'day', ...options])).trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell]));
    return {
      user: cells.user,
      day: cells.day,
      model: cells.model,
      runs: Number(cells.runs),
      inputTokens: Number(cells.input_tokens),
      cachedInputTokens: Number(cells.cached_input_tokens),
      cacheWriteInputTokens: Number(cells.cache_write_input_tokens),
      outputTokens: Number(cells.output_tokens),
      costMicros: Math.round(Number(cells.cost_usd) * 1_000_000),
      unpricedRuns: Number(cells.unpriced_runs),
    };
  });
}
