// The stacks that the tests run against. run.mjs starts them; an environment variable names the kind to a test file.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const LOCAL = path.join(ROOT, 'scripts', 'local');

/**
 * Tests share the `steady` stack. On the `brittle` one the lease is short, so that a dead worker is noticed within
 * seconds, and the functions' calls of AWS go through a proxy that can inject faults.
 * On the `identified` one clients need a token of the simulator's issuer.
 * @typedef {'steady' | 'identified' | 'brittle'} Kind
 */

/** Limits of the groups of the tests' users. */
const USER_LIMITS = JSON.stringify({
  groups: {
    frugal: { tokensPerDay: 10_000 },
    brief: { promptsPerDay: 2 },
    thrifty: { microsPerMonth: 60_000 },
    busy: { threads: 2, tokensPerMonth: 1_000_000 },
  },
});

/** Source of EventBridge whose events may start runs, on the identified stack. */
export const PROMPT_SOURCE = 'com.acme.prompts';

/** Rooms of the groups of the tests' users. */
const ROOMS = JSON.stringify({
  lobby: ['*'],
  'open-*': ['*'],
  'open-closed': [],
  'staff-*': ['staff', 'lead'],
  'staff-leads': ['lead'],
});

/** Settings of the steady stack, which only differ from the deployed ones where tests would wait. */
const STEADY = {
  LEASE_SECONDS: 9,
  VISIBILITY_SECONDS: 12,
  MODEL_IDLE_SECONDS: 18,
  MODEL_THROTTLE_SECONDS: 3,
  MESSAGES_PER_SECOND: 100,
};

/**
 * Settings of the functions. The times are short, so that a crash or a silent model is noticed in seconds; on the
 * steady stack they are long enough for a worker on a busy machine to keep its lease.
 * @type {Record<Kind, Record<string, number | string>>}
 */
const SETTINGS = {
  steady: STEADY,
  identified: { ...STEADY, USER_LIMITS, ROOMS, PROMPT_SOURCES: PROMPT_SOURCE },
  brittle: {
    LEASE_SECONDS: 4,
    VISIBILITY_SECONDS: 6,
    MODEL_IDLE_SECONDS: 18,
    MODEL_THROTTLE_SECONDS: 3,
    MESSAGES_PER_SECOND: 100,
    USER_LIMITS,
  },
};

/** Ways in which the stacks identify users. @type {Record<Kind, 'none' | 'oidc'>} */
const AUTH = { steady: 'none', identified: 'oidc', brittle: 'none' };

/** Kind of the stack that this process uses. */
export const KIND = /** @type {Kind} */ (process.env.LONGWIRE_TESTS_STACK ?? 'steady');

/** Folder of the tests' stacks, apart from a developer's own. */
export const STATES = path.join(ROOT, '.longwire', 'tests');

/**
 * The content of `.longwire/local.json`, which describes a running stack.
 * @typedef {{websocket: string, management: string, region: string, ministack: string, simulator: string,
 *   queue_url: string, dead_letter_url: string, replay_queue_url: string, replay_dead_letter_url: string,
 *   push_queue_url: string, push_dead_letter_url: string, push_topic_arn: string, event_bus: string,
 *   tables: {connections: string, threads: string, users: string},
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

/** Environment with which `scripts/local` and the tests use one of the tests' stacks. @param {Kind} [kind] */
export function localEnvironment(kind = KIND) {
  const settings = Object.entries(SETTINGS[kind]).map(([name, value]) => [`LONGWIRE_FN_${name}`, String(value)]);
  const stack = { LONGWIRE_STATE: stateOf(kind), LONGWIRE_TESTS_STACK: kind };
  return { ...process.env, ...Object.fromEntries(settings), ...stack };
}

/**
 * Starts a stack on a port of its own; its progress goes to stderr. A stack that a killed run left behind is ended
 * first.
 * @param {Kind} kind
 * @returns {Promise<Stack>}
 */
export async function up(kind) {
  if (existsSync(path.join(stateOf(kind), 'stack.json'))) down(kind);
  const port = String(await freePort());
  const code = await new Promise((resolve, reject) => {
    const options = { env: { ...localEnvironment(kind), LONGWIRE_PORT: port }, stdio: ['ignore', 'ignore', 'inherit'] };
    spawn(LOCAL, ['up', '--auth', AUTH[kind]], /** @type {any} */ (options))
      .once('error', reject)
      .once('exit', resolve);
  });
  if (code !== 0) throw new Error(`scripts/local up ended with ${code}`);
  return JSON.parse(readFileSync(path.join(stateOf(kind), 'local.json'), 'utf8'));
}

/** Ends a stack. Synchronous, so that a signal handler can call it. @param {Kind} kind */
export function down(kind) {
  execFileSync(LOCAL, ['down'], { env: localEnvironment(kind), stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @returns {Promise<number>} a free port */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
