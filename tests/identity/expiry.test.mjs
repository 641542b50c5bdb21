// Tokens that expire while their connection is open, and their renewal.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { connectionRow, endedRow, sendConnectionJob, setConnectionAttribute } from '../harness/aws.mjs';
import { until } from '../harness/deadline.mjs';
import { token } from '../harness/issuer.mjs';
import { endlessReply } from '../harness/simulator.mjs';
import { identified } from '../harness/users.mjs';

/** Seconds since 1970. */
const now = () => Math.floor(Date.now() / 1000);

describe('expiry', { concurrency: 4 }, () => {
  test('responses in the last minute say `expiring` until the token is renewed', async (t) => {
    const client = await identified(t, { sub: 'ann', groups: ['guest'], expiresIn: 45 });
    const ready = await client.request({ action: 'hello' });
    assert.equal(ready.expiring, true);
    const renewed = await client.request({
      action: 'auth',
      token: await token({ sub: 'ann', groups: ['staff', 'admin'], expiresIn: 600 }),
    });
    assert.deepEqual([renewed.type, renewed.action, renewed.expiring], ['ack', 'auth', undefined]);
    assert.ok(renewed.exp > now() + 500, `${renewed.exp}`);
    const row = await connectionRow(ready.connectionId);
    assert.deepEqual([row?.tokenExp, row?.groups], [renewed.exp, ['admin', 'staff']]);
    assert.equal((await client.request({ action: 'hello' })).expiring, undefined);
  });

  test('a token that is refused changes nothing', async (t) => {
    const client = await identified(t, { sub: 'ann', groups: ['guest'] });
    const { connectionId } = await client.request({ action: 'hello' });
    const before = await connectionRow(connectionId);
    const refused = /** @type {[string, string][]} */ ([
      [await token({ sub: 'ben' }), 'forbidden'],
      [await token({ sub: 'ann', expiresIn: -61 }), 'unauthorized'],
      [await token({ sub: 'ann', audience: 'other' }), 'unauthorized'],
      ['not a token', 'unauthorized'],
    ]);
    for (const [jwt, code] of refused) assert.equal((await client.request({ action: 'auth', token: jwt })).code, code);
    assert.equal((await client.request({ action: 'auth' })).code, 'invalid_message');
    assert.deepEqual(await connectionRow(connectionId), before);
  });

  test('after the expiry a request gets token_expired, then bye, and the connection is closed', async (t) => {
    // The authorizer accepts it, because clocks may differ by a minute.
    const client = await identified(t, { sub: 'ann', expiresIn: -20 });
    const refused = await client.request({ action: 'auth', token: await token({ sub: 'ann' }) });
    assert.equal(refused.code, 'token_expired');
    const bye = await client.until('bye', () => client.responses.find(({ type }) => type === 'bye'));
    assert.deepEqual([bye.code, bye.reconnect], ['token_expired', true]);
    await until('the connection is closed', () => client.socket.closed);
  });

  test('a revoked connection gets bye and is closed', async (t) => {
    const client = await identified(t, { sub: 'ann' });
    const { connectionId } = await client.request({ action: 'hello' });
    await setConnectionAttribute(connectionId, 'closingReason', 'revoked');
    await setConnectionAttribute(connectionId, 'closing', now());
    assert.equal((await client.request({ action: 'hello' })).code, 'unauthorized');
    await sendConnectionJob(connectionId);
    const bye = await client.until('bye', () => client.responses.find(({ type }) => type === 'bye'));
    assert.deepEqual([bye.code, bye.reconnect], ['unauthorized', false]);
    await until('the connection is closed', () => client.socket.closed);
  });

  test('a silent connection gets no events from a minute after the expiry on', async (t) => {
    const client = await identified(t, { sub: 'ann' });
    const { connectionId } = await client.request({ action: 'hello' });
    const run = await client.prompt(await endlessReply(), { options: { onGone: 'cancel' } });
    await run.firstText();
    await setConnectionAttribute(connectionId, 'tokenExp', now() - 61);
    const row = await endedRow(run.threadId, run.id, undefined, 'ann');
    assert.equal(row.status, 'cancelled');
    // A frame that was posted before this response would have arrived before it.
    await setConnectionAttribute(connectionId, 'tokenExp', now() + 600);
    await client.request({ action: 'hello' });
    const events = client.runs.get(run.id)?.events ?? [];
    assert.ok(!events.some(({ type }) => type === 'RUN_FINISHED'));
  });
});
