// Users of the tests, whose clients have a token or a ticket.

import { connect, newId } from './client.mjs';
import { invoke } from './functions.mjs';
import { token } from './issuer.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('./issuer.mjs').Claims} Claims */

/** Issues a token, and returns the headers that carry it. @param {Claims} claims */
export async function authorized(claims) {
  return { Authorization: `Bearer ${await token(claims)}` };
}

/** Opens a connection with a token. @param {TestContext} t @param {Claims} claims */
export async function identified(t, claims) {
  return connect(t, { headers: await authorized(claims) });
}

/**
 * Opens a connection of a new user, with a token. The headers are for further connections.
 * @param {TestContext} t
 * @param {string[]} [groups]
 */
export async function user(t, groups = []) {
  const sub = newId('user');
  const headers = await authorized({ sub, groups });
  return { sub, headers, client: await connect(t, { headers }) };
}

/**
 * Opens a connection of a new user, with a ticket: for stacks that know no tokens.
 * @param {TestContext} t
 * @param {string[]} [groups]
 */
export async function ticketed(t, groups = []) {
  const sub = newId('user');
  const { ticket } = await invoke('ticket', { sub, groups, expiresInSeconds: 3600 });
  return { sub, client: await connect(t, { query: { ticket } }) };
}
