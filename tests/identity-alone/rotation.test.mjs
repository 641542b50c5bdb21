// Keys of the issuer that change. Until a function has read the new ones, it refuses their tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../harness/client.mjs';
import { until } from '../harness/deadline.mjs';
import { rotate, token } from '../harness/issuer.mjs';
import { Socket } from '../harness/socket.mjs';

/** Time within which a function reads the keys again, and the tests' usual deadline. */
const READ_MS = 60_000 + 15_000;

test('a token of a new key is accepted within a minute, and one of the old key still is', async (t) => {
  const old = await token({ sub: 'ann' });
  await rotate();
  const jwt = await token({ sub: 'ben' });
  const headers = { Authorization: `Bearer ${jwt}` };
  const socket = await until('the new keys are read', () => Socket.open({ headers }), READ_MS);
  t.after(() => socket.terminate());
  const client = await connect(t, { headers: { Authorization: `Bearer ${old}` } });
  assert.equal((await client.request({ action: 'hello' })).user, 'ann');
});
