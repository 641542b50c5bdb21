// Runs the store model (`tests/store`): random operations of the store, with crashes and faults between any two
// requests.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { ROOT, stack } from '../harness/stack.mjs';

const execute = promisify(execFile);

/** Most output of a command, in bytes; cargo prints a line for each artifact. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Builds the model in the workspace, so that its dependencies are built with the functions' features.
 * @returns {Promise<string>}
 */
async function build() {
  const options = [
    'build',
    '--locked',
    '--workspace',
    '--bin',
    'store-model',
    '--message-format=json-render-diagnostics',
  ];
  const { stdout } = await execute('cargo', options, { cwd: ROOT, maxBuffer: MOST_BYTES });
  const built = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .find(({ target, executable }) => target?.name === 'store-model' && executable);
  return built.executable;
}

test('the store model finds no run that is lost, executed twice or left unfinished', async (t) => {
  const { ministack, tables } = stack();
  const model = await build();
  const played = await execute(model, ['--endpoint', ministack, '--like', tables.threads], {
    maxBuffer: MOST_BYTES,
  }).catch((error) => error);
  t.diagnostic(played.stdout.trim().split('\n').at(-1));
  assert.ok(!(played instanceof Error), played.stdout || String(played));
});
