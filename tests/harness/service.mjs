// A service that posts to connections itself: the program of docs/push.md, run outside of the checkout with the rights and
// addresses of a service.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT, stack } from './stack.mjs';

/** Stand-in for boto3, which the checkout does not have: its clients are those of botocore. */
const BOTO3 = `
from botocore.session import get_session

def client(service, **arguments):
    return get_session().create_client(service, **arguments)
`;

/** The only program of the page that begins with a description. */
function program() {
  const page = readFileSync(path.join(ROOT, 'docs', 'push.md'), 'utf8');
  const [, source] = /```python\n("""[\s\S]*?)```/.exec(page) ?? [];
  return source;
}

/**
 * Posts an event to the connections of a user, and returns what became of it.
 * @param {string} user
 * @param {object} event
 * @param {{bare?: boolean, endpoint?: string}} [options] `bare`: the frame is the event alone. `endpoint`: of @connections
 * @returns {Promise<{delivered: number, gone: number, failed: number}>}
 */
export async function pushFromOutside(user, event, { bare = false, endpoint = stack().management } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'service-'));
  try {
    const frame = '{"type": "push", "id": event["id"], "event": event}';
    const source = program();
    if (!source.includes(frame)) throw new Error('the program of docs/push.md makes its frame in another way');
    writeFileSync(path.join(folder, 'boto3.py'), BOTO3);
    writeFileSync(path.join(folder, 'post.py'), bare ? source.replace(frame, 'event') : source);
    const env = {
      PATH: process.env.PATH,
      TABLE: stack().tables.connections,
      ENDPOINT: endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: stack().ministack,
      AWS_DEFAULT_REGION: stack().region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const python = path.join(ROOT, '.venv', 'bin', 'python');
    const run = promisify(execFile);
    const { stdout } = await run(python, ['post.py', user, JSON.stringify(event)], { cwd: folder, env });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
