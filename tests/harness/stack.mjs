// The stack the tests run against: started once by run.mjs, described to every test file by a variable.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const LOCAL = path.join(ROOT, 'scripts', 'local');

/**
 * `steady` is for tests that share a stack. On the `brittle` one a dead worker is noticed within seconds, and what
 * the functions ask of AWS goes through a proxy that can spoil it.
 * @typedef {'steady' | 'brittle'} Kind
 */

/**
 * Settings of the functions. Short times, so that a crash or a silent model is noticed in seconds; on the steady
 * stack long enough that a worker on a busy machine keeps its lease.
 * @type {Record<Kind, Record<string, number>>}
 */
const SETTINGS = {
  steady: { LEASE_SECONDS: 9, VISIBILITY_SECONDS: 12, MODEL_IDLE_SECONDS: 18, MESSAGES_PER_SECOND: 100 },
  brittle: { LEASE_SECONDS: 4, VISIBILITY_SECONDS: 6, MODEL_IDLE_SECONDS: 18, MESSAGES_PER_SECOND: 100 },
};

/** The kind that a process and those it starts speak of. */
export const KIND = /** @type {Kind} */ (process.env.LONGWIRE_TESTS_STACK ?? 'steady');

/** Where the tests' own stacks keep their state: beside a developer's, never in it. */
export const STATES = path.join(ROOT, '.longwire', 'tests');

/**
 * `.longwire/local.json`, the contract with other programs.
 * @typedef {{websocket: string, management: string, region: string, ministack: string, simulator: string,
 *   queue_url: string, dead_letter_url: string, tables: {connections: string, threads: string},
 *   functions: Record<string, string>, pids: Record<string, number>}} Stack
 */

/** @param {Kind} kind */
function stateOf(kind) {
  return path.join(STATES, kind);
}

/** @type {Stack | undefined} */
let described;

/** @returns {Stack} the running stack */
export function stack() {
  described ??= JSON.parse(readFileSync(path.join(stateOf(KIND), 'local.json'), 'utf8'));
  return /** @type {Stack} */ (described);
}

/** The environment that makes `scripts/local`, and tests, speak of one of the tests' stacks. @param {Kind} [kind] */
export function localEnvironment(kind = KIND) {
  const settings = Object.entries(SETTINGS[kind]).map(([name, value]) => [`LONGWIRE_FN_${name}`, String(value)]);
  const stack = { LONGWIRE_STATE: stateOf(kind), LONGWIRE_TESTS_STACK: kind };
  return { ...process.env, ...Object.fromEntries(settings), ...stack };
}

/**
 * Starts a stack on a port of its own; its progress goes to stderr. Leftovers of a killed run are ended first.
 * @param {Kind} kind
 * @returns {Promise<Stack>}
 */
export async function up(kind) {
  if (existsSync(path.join(stateOf(kind), 'stack.json'))) down(kind);
  const port = String(await freePort());
  const code = await new Promise((resolve, reject) => {
    const options = { env: { ...localEnvironment(kind), LONGWIRE_PORT: port }, stdio: ['ignore', 'ignore', 'inherit'] };
    spawn(LOCAL, ['up'], /** @type {any} */ (options)).once('error', reject).once('exit', resolve);
  });
  if (code !== 0) throw new Error(`scripts/local up ended with ${code}`);
  return JSON.parse(readFileSync(path.join(stateOf(kind), 'local.json'), 'utf8'));
}

/** Ends a stack. Synchronous, so that it can be the last act of a process that was told to end. @param {Kind} kind */
export function down(kind) {
  execFileSync(LOCAL, ['down'], { env: localEnvironment(kind), stdio: ['ignore', 'ignore', 'inherit'] });
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
