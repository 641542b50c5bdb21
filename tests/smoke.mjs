// Asks a deployed Longwire one question, with wscat, as a person would; exits 0 when the answer is whole.
//
//   node smoke.mjs wss://…     what scripts/smoke starts
//
// Right after a deployment AWS may take a minute until its roles and routes are known everywhere, so it tries again
// for a while, and says each time what was wrong.

import { setTimeout as pause } from 'node:timers/promises';

import { answered, complaints, text } from './harness/answer.mjs';
import { wscatTo } from './harness/wscat.mjs';

const PROMPT = 'Say hello in one short sentence.';

/** How long one answer may take; a cold start and a slow model are within it. */
const ANSWER_S = 60;

const TRIES = 4;
const PAUSE_MS = 15_000;

/** @param {string} url @returns {Promise<string[]>} what was wrong, nothing when all was well */
async function ask(url) {
  const options = ['-x', JSON.stringify({ prompt: PROMPT }), '-w', String(ANSWER_S)];
  const { lines, errors } = await wscatTo(url, options, answered, (ANSWER_S + 15) * 1000);
  const wrong = complaints(lines);
  if (wrong.length === 0) console.log(`${PROMPT}\n${text(lines)}`);
  return errors === '' ? wrong : [errors.trim(), ...wrong];
}

/** @param {string | undefined} url @returns {Promise<number>} the exit status */
async function main(url) {
  if (!/^wss?:\/\//.test(url ?? '')) {
    console.error('error: the WebSocket URL is needed: scripts/smoke "$(terraform output -raw websocket_url)"');
    return 2;
  }
  for (let left = TRIES - 1; ; left -= 1) {
    const wrong = await ask(/** @type {string} */ (url));
    if (wrong.length === 0) return 0;
    console.error(wrong.map((line) => `not yet right: ${line}`).join('\n'));
    if (left === 0) return 1;
    await pause(PAUSE_MS);
  }
}

process.exitCode = await main(process.argv[2]);
