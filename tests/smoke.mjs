// Sends one prompt to a deployed Longwire with wscat, as a user does; exits with 0 when the answer is complete.
//
//   node smoke.mjs wss://…     (scripts/smoke)
//
// LONGWIRE_TOKEN is the token with which it connects, where one is needed.
//
// Roles and routes may take a minute to reach all of AWS after a deployment, so it retries for a while and prints the
// problems of each attempt.

import { setTimeout as pause } from 'node:timers/promises';

import { answered, problems, text } from './harness/answer.mjs';
import { wscatTo } from './harness/wscat.mjs';

const PROMPT = 'Say hello in one short sentence.';

/** Time that one answer may take, with a cold start and a slow model. */
const ANSWER_S = 60;

const TRIES = 4;
const PAUSE_MS = 15_000;

/** @param {string} url @returns {Promise<string[]>} the problems of the answer */
async function ask(url) {
  const token = process.env.LONGWIRE_TOKEN;
  const header = token ? ['-H', `Authorization: Bearer ${token}`] : [];
  const options = [...header, '-x', JSON.stringify({ prompt: PROMPT }), '-w', String(ANSWER_S)];
  const { lines, errors } = await wscatTo(url, options, answered, (ANSWER_S + 15) * 1000);
  const found = problems(lines);
  if (found.length === 0) console.log(`${PROMPT}\n${text(lines)}`);
  return errors === '' ? found : [errors.trim(), ...found];
}

/** @param {string | undefined} url @returns {Promise<number>} the exit status */
async function main(url) {
  if (!/^wss?:\/\//.test(url ?? '')) {
    console.error('error: the WebSocket URL is needed: scripts/smoke "$(terraform output -raw websocket_url)"');
    return 2;
  }
  for (let left = TRIES - 1; ; left -= 1) {
    const found = await ask(/** @type {string} */ (url));
    if (found.length === 0) return 0;
    console.error(found.map((line) => `not yet right: ${line}`).join('\n'));
    if (left === 0) return 1;
    await pause(PAUSE_MS);
  }
}

process.exitCode = await main(process.argv[2]);
