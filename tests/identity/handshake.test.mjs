// Credentials of a handshake: where they may be, and which are refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { invoke } from '../harness/functions.mjs';
import { token, used } from '../harness/issuer.mjs';
import { Socket, SUBPROTOCOL } from '../harness/socket.mjs';

/** @typedef {import('../harness/socket.mjs').Options} Options */

/** @param {string} jwt @returns {Options} */
const header = (jwt) => ({ headers: { Authorization: `Bearer ${jwt}` } });

/** @param {string} jwt @returns {Options} */
const subprotocol = (jwt) => ({ protocols: [SUBPROTOCOL, `longwire.bearer.${jwt}`] });

/** @param {string} ticket @returns {Options} */
const ticketed = (ticket) => ({ query: { ticket } });

/** Status with which a handshake is refused. @param {Options} options @returns {Promise<number>} */
async function refusal(options) {
  const error = await Socket.open(options).then(
    (socket) => socket.terminate(),
    (error) => error,
  );
  return error?.status;
}

/** Makes a ticket over a connection. @param {import('node:test').TestContext} t @param {string} sub */
async function ticketOf(t, sub) {
  const client = await connect(t, header(await token({ sub, groups: ['staff'] })));
  const response = await client.request({ action: 'ticket' });
  assert.equal(response.type, 'ticket', JSON.stringify(response));
  return { ticket: used(response.ticket), expiresAt: response.expiresAt };
}

describe('the credential of a handshake', { concurrency: 4 }, () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    test(`a token signed with ${alg} names the user`, async (t) => {
      const client = await connect(t, header(await token({ sub: 'auth0|ann', alg })));
      const ready = await client.request({ action: 'hello' });
      assert.equal(ready.user, 'auth0%7Cann');
      assert.ok(['auth', 'ticket'].every((name) => ready.features.includes(name)));
    });
  }

  test('a token is accepted as a subprotocol, which is not selected', async (t) => {
    const client = await connect(t, subprotocol(await token({ sub: 'ann' })));
    assert.equal(client.socket.socket.protocol, SUBPROTOCOL);
    assert.equal((await client.request({ action: 'hello' })).user, 'ann');
  });

  test('a token in the header counts before one in a subprotocol and a ticket', async (t) => {
    const [ann, ben] = await Promise.all(['ann', 'ben'].map((sub) => token({ sub })));
    const { ticket } = await ticketOf(t, 'cid');
    const options = { ...subprotocol(ben), ...header(ann), ...ticketed(ticket) };
    assert.equal((await (await connect(t, options)).request({ action: 'hello' })).user, 'ann');
    const later = await connect(t, ticketed(ticket));
    assert.equal((await later.request({ action: 'hello' })).user, 'cid', 'the ticket was not used');
  });

  test('a run works for an identified user', async (t) => {
    const client = await connect(t, header(await token({ sub: 'ann' })));
    assert.match((await client.answer('How is the weather in New York?')).text, /New York/);
  });

  test('a handshake without a valid credential is refused with 403', async () => {
    const valid = await token({ sub: 'ann' });
    const [head, body, signature] = valid.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(atob(body)), sub: 'ben' })).toString('base64url');
    const refused = {
      'no credential': {},
      'a token in the query': { query: { token: valid } },
      'a token as a ticket': ticketed(valid),
      'another scheme': { headers: { Authorization: `Basic ${valid}` } },
      'an expired token': header(await token({ sub: 'ann', expiresIn: -61 })),
      'a token that is not valid yet': header(await token({ sub: 'ann', notBefore: Date.now() / 1000 + 120 })),
      'a token for another audience': header(await token({ sub: 'ann', audience: 'other' })),
      'a token of another issuer': header(await token({ sub: 'ann', claims: { iss: 'https://login.example.com' } })),
      'a token without a user': header(await token({ sub: '' })),
      'a user of more than 128 characters': header(await token({ sub: 'x'.repeat(129) })),
      'an id token of Cognito': header(await token({ sub: 'ann', claims: { token_use: 'id' } })),
      'a token without a signature': header(none),
      'other claims under a signature': header(`${head}.${forged}.${signature}`),
      'an unknown ticket': ticketed('AAAAAAAAAAAAAAAAAAAAAA'),
      'an empty ticket': ticketed(''),
    };
    for (const [what, options] of Object.entries(refused)) assert.equal(await refusal(options), 403, what);
  });

  test('an access token of Cognito without an audience is for its client', async (t) => {
    const claims = (/** @type {string} */ client) => ({ aud: null, token_use: 'access', client_id: client });
    const client = await connect(t, header(await token({ sub: 'ann', claims: claims('longwire-local') })));
    assert.equal((await client.request({ action: 'hello' })).user, 'ann');
    assert.equal(await refusal(header(await token({ sub: 'ann', claims: claims('other') }))), 403);
  });

  test('a ticket of a connection opens one connection of the same user', async (t) => {
    const { ticket, expiresAt } = await ticketOf(t, 'auth0|ann');
    assert.ok(Date.parse(expiresAt) <= Date.now() + 61_000, expiresAt);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => connect(t, ticketed(ticket))));
    const [opened, ...others] = outcomes.filter(({ status }) => status === 'fulfilled');
    assert.equal(others.length, 0, 'one handshake of three uses the ticket');
    const client = /** @type {any} */ (opened).value;
    const [ready, again] = [await client.request({ action: 'hello' }), await refusal(ticketed(ticket))];
    assert.deepEqual([ready.user, again], ['auth0%7Cann', 403]);
  });

  test('a ticket of the function opens a connection that expires', async (t) => {
    const request = { sub: 'auth0|ann', groups: ['staff'], expiresInSeconds: 30 };
    const { ticket, user } = await invoke('ticket', request);
    assert.equal(user, 'auth0%7Cann');
    const client = await connect(t, ticketed(used(ticket)));
    const ready = await client.request({ action: 'hello' });
    assert.deepEqual([ready.user, ready.expiring], ['auth0%7Cann', true]);
    await assert.rejects(invoke('ticket', { sub: 'ann' }), /InvalidRequest.*expiresInSeconds/);
  });
});
