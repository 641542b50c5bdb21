// The proxy that spoils calls: which it meets, and what the caller sees of it.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { until } from '../harness/deadline.mjs';
import { operationOf, refusal, Rules } from '../harness/faults.mjs';
import { Proxy } from '../harness/proxy.mjs';

const call = (operation, body = '{}', more = {}) => ({ at: 0, operation, path: '/', body, ...more });

/** @param {import('../harness/faults.mjs').Rule} rule */
function rules(rule) {
  const made = new Rules();
  made.add(rule);
  return made;
}

test('a rule meets the calls it names, as often as it says', () => {
  const made = rules({ effect: 'fail', operation: ['PutItem', 'UpdateItem'], function: 'worker', holding: ['RUN#r', 'x'], times: 2 });
  const meets = (...its) => made.meet(call(...its)) !== undefined;
  assert.equal(meets('UpdateItem', 'RUN#r x', { function: 'ingest' }), false);
  assert.equal(meets('UpdateItem', 'RUN#r', { function: 'worker' }), false);
  assert.equal(meets('GetItem', 'RUN#r x', { function: 'worker' }), false);
  const matching = [1, 2, 3].map(() => meets('UpdateItem', 'RUN#r x', { function: 'worker' }));
  assert.deepEqual(matching, [true, true, false]);
});

test('a rule may let some pass first, and may be withdrawn', () => {
  const made = new Rules();
  const id = made.add({ effect: 'fail', after: 1, times: 5 });
  const meet = () => made.meet(call('GetItem'))?.effect;
  assert.deepEqual([meet(), meet(), made.met(id)], [undefined, 'fail', 1]);
  made.withdraw(id);
  assert.deepEqual([meet(), made.has(id)], [undefined, false]);
});

test('operations are known by their target, or by their path', () => {
  const named = (method, url, headers = {}) => operationOf(/** @type {any} */ ({ method, url, headers }));
  assert.equal(named('POST', '/', { 'x-amz-target': 'DynamoDB_20120810.PutItem' }), 'PutItem');
  assert.equal(named('POST', '/', { 'x-amz-target': 'AmazonSQS.SendMessage' }), 'SendMessage');
  assert.equal(named('POST', '/api/live/@connections/abc%3D'), 'PostToConnection');
});

test('a conflict has the words of its operation', () => {
  assert.equal(refusal(call('UpdateItem'), 'conflict').type, 'TransactionConflictException');
  const { type, body } = refusal(call('TransactWriteItems', '{"TransactItems":[{},{}]}'), 'conflict');
  assert.equal(type, 'TransactionCanceledException');
  assert.deepEqual(/** @type {any} */ (body).CancellationReasons, [{ Code: 'TransactionConflict' }, { Code: 'None' }]);
});

test('a swallowed message has the answer of one that was sent', () => {
  const { status, body } = refusal(call('SendMessage', '{"MessageBody":"Hey!"}'), 'swallow');
  assert.deepEqual([status, /** @type {any} */ (body).MD5OfMessageBody], [200, '6ae99d4d2de5e3cbd29fec87ae7d76eb']);
});

/** A service that counts what it is asked, behind a proxy. @param {import('node:test').TestContext} t */
async function behind(t) {
  const seen = { count: 0 };
  const service = http.createServer((_, response) => {
    seen.count += 1;
    response.end('done');
  });
  await new Promise((resolve) => service.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (service.address());
  const proxy = new Proxy(`http://127.0.0.1:${port}`);
  const address = await proxy.listen();
  t.after(() => {
    proxy.close();
    service.close();
  });
  const headers = { 'x-amz-target': 'DynamoDB_20120810.PutItem' };
  const ask = async () => {
    const response = await fetch(address, { method: 'POST', headers, body: '{}' });
    return [response.status, response.headers.get('x-amzn-errortype') ?? await response.text()];
  };
  return { proxy, seen, ask, address };
}

test('what no rule meets passes; what fails is not done; what is lost is', async (t) => {
  const { proxy, seen, ask } = await behind(t);
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
  assert.deepEqual(proxy.calls.map(({ operation }) => operation), Array(5).fill('PutItem'));
});

test('what is held goes on when its rule is withdrawn, unless its caller is gone', async (t) => {
  const { proxy, seen, ask, address } = await behind(t);
  const { id } = await (await fetch(`${address}/_faults/rules`, { method: 'POST', body: '{"effect":"hold","times":2}' })).json();
  const patient = ask();
  const leaving = new AbortController();
  const left = fetch(address, { method: 'POST', signal: leaving.signal }).catch((error) => error.name);
  await until('both are held', () => proxy.rules.met(id) === 2);
  leaving.abort();
  assert.equal(await left, 'AbortError');
  await until('the proxy has noticed', () => proxy.held === 1);
  assert.equal(seen.count, 0);
  await fetch(`${address}/_faults/rules/${id}`, { method: 'DELETE' });
  assert.deepEqual([await patient, seen.count], [[200, 'done'], 1]);
});
