// Every finished run that a test saw is written down; conformance/recorded.test.mjs reads them all at the end.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { STATES } from './stack.mjs';

const FOLDER = path.join(STATES, 'transcripts');

/** @typedef {import('./delivery.mjs').Line} Line */
/** @typedef {{prompt: string | undefined, lines: Line[]}} Transcript */

/** Forgets the transcripts of former runs of the tests. */
export function begin() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}

/** @param {{prompt?: string, lines: Line[]}} run */
export function record(run) {
  if (!existsSync(FOLDER)) return;
  const line = JSON.stringify({ prompt: run.prompt, lines: run.lines });
  // One file per process: test files run side by side.
  appendFileSync(path.join(FOLDER, `${process.pid}.jsonl`), `${line}\n`);
}

/** @returns {Transcript[]} */
export function recorded() {
  return readdirSync(FOLDER).flatMap((name) =>
    readFileSync(path.join(FOLDER, name), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)));
}
