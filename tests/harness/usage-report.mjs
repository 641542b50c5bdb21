// Runs `scripts/usage` on a stack, with a stand-in for the AWS CLI (harness/aws_cli.py).

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT, stack } from './stack.mjs';

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
export async function usageReport(month, options) {
  const { ministack, region, tables } = stack();
  const bin = mkdtempSync(path.join(tmpdir(), 'longwire-aws-'));
  try {
    const command = `exec '${ROOT}/.venv/bin/python' '${ROOT}/tests/harness/aws_cli.py' "$@"`;
    writeFileSync(path.join(bin, 'aws'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    const words = ['dev', '--month', month, ...options];
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      TABLES: JSON.stringify({ 'longwire-dev-users': tables.users }),
      AWS_ENDPOINT_URL: ministack,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    return (await promisify(execFile)(path.join(ROOT, 'scripts', 'usage'), words, { env })).stdout;
  } finally {
    rmSync(bin, { recursive: true });
  }
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
