// Runs wscat as a user does. Its standard input stays open, because wscat ends when that does.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

import { DEADLINE_MS, within } from './deadline.mjs';
import { stack } from './stack.mjs';

const PROGRAM = path.join(path.dirname(createRequire(import.meta.url).resolve('wscat/package.json')), 'bin', 'wscat');

/**
 * Runs wscat against the stack until `done` returns true for its output, or it ends by itself.
 * @param {string[]} options beside the URL
 * @param {(output: string) => boolean} done
 * @param {string} [query] appended to the URL
 * @returns {Promise<{lines: string[], errors: string, code: number | null}>} its output
 */
export async function wscat(options, done, query = '') {
  const url = stack().websocket + query;
  const child = spawn(process.execPath, [PROGRAM, '-c', url, '--no-color', ...options]);
  let output = '';
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  child.stdout.on('data', (data) => {
    output += data;
    if (done(output)) child.kill();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const code = await within(
      `wscat ${options.join(' ')} is done; its output: ${output}${errors}`,
      ended,
      DEADLINE_MS * 2,
    );
    // Without a terminal, wscat prints nothing but the messages it receives.
    return { lines: output.split('\n').filter((line) => line !== ''), errors, code };
  } finally {
    child.kill('SIGKILL');
  }
}
