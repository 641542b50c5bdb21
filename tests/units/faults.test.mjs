// The proxy's rules: which calls they match, and what the caller gets.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { until } from '../harness/deadline.mjs';
import { operationOf, Rules, reply } from '../harness/faults.mjs';
import { FaultProxy } from '../harness/proxy.mjs';

/** @param {string} operation @param {string} [body] @param {object} [more] */
const call = (operation, body = '{}', more = {}) => ({ at: 0, operation, path: '/', body, ...more });

/** @param {import('../harness/faults.mjs').Rule} rule */
function rules(rule) {
  const all = new Rules();
  all.add(rule);
  return all;
}

test('a rule matches the calls with its properties, `times` of them', () => {
  const all = rules({
    effect: 'fail',
    operation: ['PutItem', 'UpdateItem'],
    function: 'worker',
    containing: ['RUN#r', 'x'],
    times: 2,
  });
  /** @param {string} operation @param {string} body @param {object} more */
  const matches = (operation, body, more) => all.match(call(operation, body, more)) !== undefined;
  assert.equal(matches('UpdateItem', 'RUN#r x', { function: 'ingest' }), false);
  assert.equal(matches('UpdateItem', 'RUN#r', { function: 'worker' }), false);
  assert.equal(matches('GetItem', 'RUN#r x', { function: 'worker' }), false);
  const matching = [1, 2, 3].map(() => matches('UpdateItem', 'RUN#r x', { function: 'worker' }));
  assert.deepEqual(matching, [true, true, false]);
});

test('a rule lets `after` calls pass first and can be removed', () => {
  const all = new Rules();
  const id = all.add({ effect: 'fail', after: 1, times: 5 });
  const effect = () => all.match(call('GetItem'))?.effect;
  assert.deepEqual([effect(), effect(), all.matches(id)], [undefined, 'fail', 1]);
  all.remove(id);
  assert.deepEqual([effect(), all.has(id)], [undefined, false]);
});

test('the operation of a request is found in its target or its path', () => {
  /** @param {string} method @param {string} url @param {object} [headers] */
  const named = (method, url, headers = {}) => operationOf(/** @type {any} */ ({ method, url, headers }));
  assert.equal(named('POST', '/', { 'x-amz-target': 'DynamoDB_20120810.PutItem' }), 'PutItem');
  assert.equal(named('POST', '/', { 'x-amz-target': 'AmazonSQS.SendMessage' }), 'SendMessage');
  assert.equal(named('POST', '/api/live/@connections/abc%3D'), 'PostToConnection');
});

test('a refused post has the error of its status', () => {
  const refused = reply(call('PostToConnection'), { effect: 'refuse', status: 403 });
  assert.deepEqual([refused.status, refused.type], [403, 'ForbiddenException']);
  const gone = reply(call('PostToConnection'), { effect: 'refuse' });
  assert.deepEqual([gone.status, gone.type], [410, 'GoneException']);
});

test('a conflict has the error of its operation', () => {
  assert.equal(reply(call('UpdateItem'), { effect: 'conflict' }).type, 'TransactionConflictException');
  const { type, body } = reply(call('TransactWriteItems', '{"TransactItems":[{},{}]}'), { effect: 'conflict' });
  assert.equal(type, 'TransactionCanceledException');
  assert.deepEqual(/** @type {any} */ (body).CancellationReasons, [{ Code: 'TransactionConflict' }, { Code: 'None' }]);
});

test('a swallowed message gets the response of one that was sent', () => {
  const { status, body } = reply(call('SendMessage', '{"MessageBody":"Hey!"}'), { effect: 'swallow' });
  assert.deepEqual([status, /** @type {any} */ (body).MD5OfMessageBody], [200, '6ae99d4d2de5e3cbd29fec87ae7d76eb']);
});

test('events that are rejected are in the response of a request that succeeds', () => {
  const { status, body } = reply(call('PutEvents', '{"Entries":[{},{}]}'), { effect: 'reject' });
  const rejected = { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' };
  assert.deepEqual([status, body], [200, { FailedEntryCount: 2, Entries: [rejected, rejected] }]);
});

/** Starts a service that counts its requests, and a proxy before it. @param {import('node:test').TestContext} t */
async function proxied(t) {
  const seen = { count: 0 };
  const service = http.createServer((_, response) => {
    seen.count += 1;
    response.end('done');
  });
  await new Promise((resolve) => service.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (service.address());
  const proxy = new FaultProxy(`http://127.0.0.1:${port}`);
  const address = await proxy.listen();
  t.after(() => {
    proxy.close();
    service.close();
  });
  const headers = { 'x-amz-target': 'DynamoDB_20120810.PutItem' };
  const ask = async () => {
    const response = await fetch(address, { method: 'POST', headers, body: '{}' });
    return [response.status, response.headers.get('x-amzn-errortype') ?? (await response.text())];
  };
  return { proxy, seen, ask, address };
}

test('a call without a rule is forwarded, as is a lost and a delayed one, but not a failed one', async (t) => {
  const { proxy, seen, ask } = await proxied(t);
  assert.deepEqual([await ask(), seen.count], [[200, 'done'], 1]);
  proxy.rules.add({ effect: 'fail' });
  assert.deepEqual([await ask(), seen.count], [[500, 'InternalServerError'], 1]);
  proxy.rules.add({ effect: 'lose' });
  await assert.rejects(ask());
  assert.equal(seen.count, 2);
  proxy.rules.add({ effect: 'conflict' });
  assert.deepEqual([await ask(), seen.count], [[400, 'TransactionConflictException'], 2]);
  proxy.rules.add({ effect: 'delay', ms: 30 });
  assert.deepEqual([await ask(), seen.count], [[200, 'done'], 3]);
  assert.deepEqual(
    proxy.calls.map(({ operation }) => operation),
    Array(5).fill('PutItem'),
  );
});

test('a held call is forwarded when its rule is removed, unless its caller is gone', async (t) => {
  const { proxy, seen, ask, address } = await proxied(t);
  const { id } = /** @type {any} */ (
    await (await fetch(`${address}/_faults/rules`, { method: 'POST', body: '{"effect":"hold","times":2}' })).json()
  );
  const stays = ask();
  const leaving = new AbortController();
  const left = fetch(address, { method: 'POST', signal: leaving.signal }).catch((error) => error.name);
  await until('both are held', () => proxy.rules.matches(id) === 2);
  leaving.abort();
  assert.equal(await left, 'AbortError');
  await until('the proxy drops the call whose caller is gone', () => proxy.held === 1);
  assert.equal(seen.count, 0);
  await fetch(`${address}/_faults/rules/${id}`, { method: 'DELETE' });
  assert.deepEqual([await stays, seen.count], [[200, 'done'], 1]);
});
