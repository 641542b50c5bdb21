// The store's operations against a model of what must hold, with crashes between any two requests: `tests/store`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { ROOT, stack } from '../harness/stack.mjs';

const execute = promisify(execFile);

/** cargo says where everything is that it built. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Builds it with the features of the functions' own build, so that nothing is built twice. @returns {Promise<string>} */
async function build() {
  const options = ['build', '--locked', '--workspace', '--bin', 'store-model', '--message-format=json-render-diagnostics'];
  const { stdout } = await execute('cargo', options, { cwd: ROOT, maxBuffer: MOST_BYTES });
  const built = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    .find(({ target, executable }) => target?.name === 'store-model' && executable);
  return built.executable;
}

test('no run is lost, done twice or left behind, whatever fails between any two requests', async (t) => {
  const { ministack, tables } = stack();
  const model = await build();
  const played = await execute(model, ['--endpoint', ministack, '--like', tables.threads], { maxBuffer: MOST_BYTES })
    .catch((error) => error);
  t.diagnostic(played.stdout.trim().split('\n').at(-1));
  assert.ok(!(played instanceof Error), played.stdout || String(played));
});
