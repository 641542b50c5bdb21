// Runs `scripts/smoke` as a user does. The first run builds the program.

import { execFile } from 'node:child_process';
import path from 'node:path';

import { ROOT, stack } from './stack.mjs';

/**
 * Sends one prompt to the stack.
 * @param {string} token with which it connects
 * @returns {Promise<{code: number, out: string, err: string}>}
 */
export function smoke(token) {
  const env = { ...process.env, LONGWIRE_TOKEN: token };
  const words = ['--tries', '1', stack().websocket];
  return new Promise((resolve, reject) => {
    execFile(path.join(ROOT, 'scripts', 'smoke'), words, { env }, (error, out, err) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, out, err });
      else reject(error);
    });
  });
}
