// A deployment with a shared token: all clients that have it are one user, and no limit of users applies.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { userItem } from '../harness/aws.mjs';
import { connect } from '../harness/client.mjs';
import { FEATURES } from '../harness/features.mjs';
import { reconfigure, settingsOf } from '../harness/functions.mjs';
import { used } from '../harness/issuer.mjs';
import { putParameter } from '../harness/parameters.mjs';
import { smoke } from '../harness/smoke.mjs';
import { Socket } from '../harness/socket.mjs';
import { stack } from '../harness/stack.mjs';

const PARAMETER = '/longwire/tests/auth-token';

test('all clients with the shared token are one user, without limits and usage', async (t) => {
  const token = used('a-shared-token-of-the-tests-0123456789');
  await putParameter(PARAMETER, token, 'SecureString');
  const { variables } = await settingsOf('authorizer');
  const issuer = ['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_GROUPS_CLAIM'];
  for (const name of ['authorizer', 'ingest']) {
    const settings = { AUTH: 'token', AUTH_TOKEN_PARAMETER: PARAMETER, AWS_ENDPOINT_URL_SSM: stack().ministack };
    const absent = Object.fromEntries(issuer.filter((key) => key in variables).map((key) => [key, '']));
    await reconfigure(t, name, { variables: { ...settings, ...absent } });
  }
  const authorized = { headers: { Authorization: `Bearer ${token}` } };
  const refused = await Socket.open({ headers: { Authorization: `Bearer ${token}x` } }).catch((error) => error);
  assert.equal(refused.status, 403);
  const client = await connect(t, authorized);
  const ready = await client.request({ action: 'hello' });
  assert.deepEqual([ready.user, ready.limits.user], ['@token', undefined]);
  assert.deepEqual(ready.features, FEATURES);
  const usage = await client.request({ action: 'usage' });
  assert.deepEqual([usage.type, usage.code], ['error', 'forbidden']);
  const { ticket } = await client.request({ action: 'ticket' });
  const other = await connect(t, { query: { ticket: used(ticket) } });
  assert.equal((await other.request({ action: 'hello' })).user, '@token');
  assert.match((await other.answer('How is the weather in New York?')).text, /New York/);
  assert.equal(await userItem('@token', 'BUDGET'), undefined);
  const smoked = await smoke(token);
  assert.equal(smoked.code, 0, smoked.err);
  assert.match(smoked.out, /^prompt: Say hello in one short sentence\.\nanswer: .+\n$/);
  const wrong = await smoke(`${token}x`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /403 Forbidden/);
  const shown = smoked.out + smoked.err + wrong.out + wrong.err;
  for (const secret of [token, stack().websocket]) assert.ok(!shown.includes(secret), shown);
});
