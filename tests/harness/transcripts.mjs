// Records of the finished runs that tests received; conformance/recorded.test.mjs reads them at the end.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { STATES } from './stack.mjs';

const FOLDER = path.join(STATES, 'transcripts');

/** @typedef {import('./run-events.mjs').RunEvent} RunEvent */
/** @typedef {{prompt: string | undefined, events: RunEvent[]}} Transcript */

/** Deletes the transcripts of earlier test runs. */
export function clear() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}

/** @param {{prompt?: string, events: RunEvent[]}} run */
export function record(run) {
  if (!existsSync(FOLDER)) return;
  const line = JSON.stringify({ prompt: run.prompt, events: run.events });
  // A file for each process, because test files run in parallel.
  appendFileSync(path.join(FOLDER, `${process.pid}.jsonl`), `${line}\n`);
}

/** @returns {Transcript[]} */
export function recorded() {
  return readdirSync(FOLDER).flatMap((name) =>
    readFileSync(path.join(FOLDER, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}
