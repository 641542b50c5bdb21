// Parameters of Systems Manager in MiniStack.

import assert from 'node:assert/strict';

import { stack } from './stack.mjs';

/**
 * Writes a parameter and returns its new version.
 * @param {string} name
 * @param {string} value
 * @param {'String' | 'SecureString'} type
 * @returns {Promise<number>}
 */
export async function putParameter(name, value, type) {
  const response = await fetch(stack().ministack, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.PutParameter',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${stack().region}/ssm/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ Name: name, Value: value, Type: type, Overwrite: true }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${response.status} ${text}`);
  return JSON.parse(text).Version;
}
