// Runs scripts that call the AWS CLI on a stack, with a stand-in for it (harness/aws_cli.py).

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT, stack } from './stack.mjs';

/** Queues by the names that they have in the environment `dev` of AWS. */
function queues() {
  const all = stack();
  const urls = {
    runs: all.queue_url,
    'runs-dead': all.dead_letter_url,
    replays: all.replay_queue_url,
    'replays-dead': all.replay_dead_letter_url,
    pushes: all.push_queue_url,
    'push-dead': all.push_dead_letter_url,
  };
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [`longwire-dev-${name}`, url]));
}

/**
 * Runs a script of the folder `scripts`.
 * @param {string} script its name
 * @param {string[]} words its arguments
 * @returns {Promise<string>} its output
 */
export async function withAwsCli(script, words) {
  const { ministack, region, tables } = stack();
  const bin = mkdtempSync(path.join(tmpdir(), 'longwire-aws-'));
  try {
    const command = `exec '${ROOT}/.venv/bin/python' '${ROOT}/tests/harness/aws_cli.py' "$@"`;
    writeFileSync(path.join(bin, 'aws'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      TABLES: JSON.stringify({ 'longwire-dev-users': tables.users }),
      QUEUES: JSON.stringify(queues()),
      MOVES: path.join(bin, 'moves.json'),
      AWS_ENDPOINT_URL: ministack,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    return (await promisify(execFile)(path.join(ROOT, 'scripts', script), words, { env })).stdout;
  } finally {
    rmSync(bin, { recursive: true });
  }
}
