// The simulator's issuer of tokens, and the credentials that tests have used.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { STATES, stack } from './stack.mjs';

/** Credentials that tests used, one a line. The last test looks for each of them in all that the stack wrote. */
const USED = path.join(STATES, 'credentials.txt');

/**
 * @typedef {object} Claims
 * @property {string} sub
 * @property {string[]} [groups]
 * @property {string} [audience]
 * @property {number} [expiresIn] in seconds; may be negative
 * @property {number} [notBefore] in seconds since 1970
 * @property {string} [alg]
 * @property {Record<string, unknown>} [claims] others
 */

/** Issues a token with a real signature. @param {Claims} claims @returns {Promise<string>} */
export async function token(claims) {
  const { access_token } = await post('token', claims);
  return used(access_token);
}

/** Replaces the keys of the issuer; those of before stay published. */
export function rotate() {
  return post('rotate', {});
}

/** Notes a credential that a test uses. @param {string} credential */
export function used(credential) {
  mkdirSync(STATES, { recursive: true });
  appendFileSync(USED, `${credential}\n`);
  return credential;
}

/** Forgets the credentials of an earlier run. */
export function forgetCredentials() {
  rmSync(USED, { force: true });
}

/** @returns {string[]} the credentials that tests have used */
export function usedCredentials() {
  return existsSync(USED) ? readFileSync(USED, 'utf8').split('\n').filter(Boolean) : [];
}

/** @param {string} name @param {object} body @returns {Promise<any>} */
async function post(name, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${stack().simulator}/issuer/${name}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${name}: ${response.status}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}
