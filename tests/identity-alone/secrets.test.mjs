// Runs after the tests of identity, on their stack: no token and no ticket that they used stands in anything that was written.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { allItems } from '../harness/aws.mjs';
import { used, usedCredentials } from '../harness/issuer.mjs';
import { local } from '../harness/local.mjs';
import { STATES, stack } from '../harness/stack.mjs';
import { identified } from '../harness/users.mjs';

/** @param {string} folder @returns {string[]} the files in a folder and its folders */
function filesIn(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.map((name) => path.join(folder, name)).filter((file) => statSync(file).isFile());
}

/** Text of an item, with its compressed attributes. @param {Record<string, any>} item */
function textOf(item) {
  const compressed = Object.values(item).filter(({ B }) => B instanceof Uint8Array);
  return [JSON.stringify(item), ...compressed.map(({ B }) => String(gunzipSync(B)))].join('\n');
}

test('no credential stands in a log, a table or a file of the stack', async (t) => {
  // One ticket stays unused, because a used one is deleted.
  const client = await identified(t, { sub: 'ann' });
  used((await client.request({ action: 'ticket' })).ticket);
  const credentials = usedCredentials();
  assert.ok(credentials.length > 20, `${credentials.length} credentials were used`);
  /** @type {Map<string, string>} */
  const written = new Map();
  for (const file of filesIn(path.join(STATES, 'identified'))) written.set(file, readFileSync(file, 'latin1'));
  for (const table of /** @type {const} */ (['connections', 'threads', 'users'])) {
    written.set(table, (await allItems(table)).map(textOf).join('\n'));
  }
  for (const name of Object.keys(stack().functions)) written.set(`log of ${name}`, (await local(['logs', name])).out);
  assert.match(written.get('log of authorizer') ?? '', /handshake_refused/, 'the logs are complete');
  assert.match(written.get('users') ?? '', /ticket#/, 'the tables are complete');
  for (const [place, text] of written) {
    // A signature is enough to recognise a token; a ticket is its own.
    const found = credentials.filter((credential) => text.includes(credential.split('.').at(-1) ?? ''));
    assert.deepEqual(found, [], place);
  }
});
