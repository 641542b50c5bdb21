// Runs `scripts/local` as a user does.

import { spawn } from 'node:child_process';
import path from 'node:path';

import { within } from './deadline.mjs';
import { localEnvironment, ROOT } from './stack.mjs';

/**
 * Runs one command and waits for its end.
 * @param {string[]} words its arguments
 * @param {string} [typed] its standard input
 * @returns {Promise<{code: number | null, out: string, err: string, firstMs: number, ms: number}>} `firstMs`: time to
 *   the first byte on stdout, `ms`: time to the end
 */
export async function local(words, typed = '') {
  const began = Date.now();
  const child = spawn(path.join(ROOT, 'scripts', 'local'), words, { env: localEnvironment() });
  child.stdin.end(typed);
  let out = '';
  let err = '';
  let firstMs = Infinity;
  child.stdout.on('data', (data) => {
    if (out === '') firstMs = Date.now() - began;
    out += data;
  });
  child.stderr.on('data', (data) => (err += data));
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const code = /** @type {number | null} */ (await within(`scripts/local ${words.join(' ')}`, ended, 90_000));
    return { code, out, err, firstMs, ms: Date.now() - began };
  } finally {
    child.kill('SIGTERM');
  }
}
