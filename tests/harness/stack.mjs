// The stack the tests run against: started once by run.mjs, described to every test file by a variable.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const LOCAL = path.join(ROOT, 'scripts', 'local');

/** Where the tests' own stack keeps its state: beside a developer's, never in it. */
export const STATE = process.env.LONGWIRE_STATE ?? path.join(ROOT, '.longwire', 'tests');

/**
 * Settings of the functions for the whole run. Short times, so that a crash or a silent model is noticed
 * in seconds; long enough that a worker on a busy machine keeps its lease.
 */
export const SETTINGS = {
  LEASE_SECONDS: 9,
  VISIBILITY_SECONDS: 12,
  MODEL_IDLE_SECONDS: 18,
};

/**
 * `.longwire/local.json`, the contract with other programs.
 * @typedef {{websocket: string, management: string, region: string, ministack: string, simulator: string,
 *   queue_url: string, dead_letter_url: string, tables: {connections: string, threads: string},
 *   functions: Record<string, string>, pids: Record<string, number>}} Stack
 */

/** @type {Stack | undefined} */
let described;

/** @returns {Stack} the running stack */
export function stack() {
  described ??= JSON.parse(readFileSync(path.join(STATE, 'local.json'), 'utf8'));
  return /** @type {Stack} */ (described);
}

/** The environment that makes `scripts/local` speak of the tests' stack. */
export function localEnvironment() {
  const settings = Object.entries(SETTINGS).map(([name, value]) => [`LONGWIRE_FN_${name}`, String(value)]);
  return { ...process.env, ...Object.fromEntries(settings), LONGWIRE_STATE: STATE };
}

/** Starts the stack on a port of its own; its progress goes to stderr. Leftovers of a killed run are ended first. */
export async function up() {
  if (existsSync(path.join(STATE, 'stack.json'))) down();
  const port = String(await freePort());
  const code = await new Promise((resolve, reject) => {
    const options = { env: { ...localEnvironment(), LONGWIRE_PORT: port }, stdio: ['ignore', 'ignore', 'inherit'] };
    spawn(LOCAL, ['up'], /** @type {any} */ (options)).once('error', reject).once('exit', resolve);
  });
  if (code !== 0) throw new Error(`scripts/local up ended with ${code}`);
}

/** Ends the stack. Synchronous, so that it can be the last act of a process that was told to end. */
export function down() {
  execFileSync(LOCAL, ['down'], { env: localEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @returns {Promise<number>} a port nobody listens on */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
