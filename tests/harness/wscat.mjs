// wscat as a person starts it. It ends as soon as its standard input does, so that is kept open.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

import { PATIENCE_MS, within } from './deadline.mjs';
import { stack } from './stack.mjs';

const PROGRAM = path.join(path.dirname(createRequire(import.meta.url).resolve('wscat/package.json')), 'bin', 'wscat');

/**
 * Starts wscat and ends it once `done` says so of its output, unless it ended by itself.
 * @param {string[]} options beside the URL
 * @param {(output: string) => boolean} done
 * @param {string} [query] what follows the URL
 */
export function wscat(options, done, query = '') {
  return wscatTo(stack().websocket + query, options, done, PATIENCE_MS * 2);
}

/**
 * The same for any URL, with a time limit.
 * @param {string} url
 * @param {string[]} options
 * @param {(output: string) => boolean} done
 * @param {number} ms
 * @returns {Promise<{lines: string[], errors: string, code: number | null}>} what it printed
 */
export async function wscatTo(url, options, done, ms) {
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
    const code = await within(`wscat ${options.join(' ')} is done; it said: ${output}${errors}`, ended, ms);
    // Not at a terminal, it prints nothing but what it receives.
    return { lines: output.split('\n').filter((line) => line !== ''), errors, code };
  } finally {
    child.kill('SIGKILL');
  }
}
