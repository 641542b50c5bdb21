// Runs a transcript through AG-UI's own validators, as docs/protocol.md section 10 describes.

import { enforceEvents, transformChunks, verifyEvents } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';
import { from, lastValueFrom, toArray } from 'rxjs';

import { consoleOutput } from './console.mjs';
import { Replay } from './replay.mjs';

/** @typedef {import('../harness/run-events.mjs').RunEvent} RunEvent */

/**
 * AG-UI's view of a thread's runs.
 * @typedef {object} Result
 * @property {string[]} violations empty when the runs conform
 * @property {string[]} outcomes one per run: `success`, `cancelled`, or `error <code>`
 * @property {any[]} messages the agent's messages after the last run, without metadata
 */

/**
 * Validates the runs of one thread, in order.
 * @param {RunEvent[][]} runs
 * @returns {Promise<Result>}
 */
export async function validate(runs) {
  const agent = new Replay();
  const violations = runs.flat().flatMap(schema);
  violations.push(
    ...(await consoleOutput(async () => {
      for (const events of runs) violations.push(...(await sequence(events)));
      for (const events of runs) await agent.replay(events);
    })),
  );
  return { violations: [...violations, ...agent.failures], outcomes: agent.outcomes, messages: agent.plainMessages() };
}

/** @param {RunEvent} event @returns {string[]} */
function schema(event) {
  const checked = EventSchemas.safeParse(event);
  return checked.success ? [] : [`schema: ${JSON.stringify(event)}: ${checked.error.message}`];
}

/** @param {RunEvent[]} events @returns {Promise<string[]>} */
async function sequence(events) {
  const checked = from(/** @type {any[]} */ (events)).pipe(
    enforceEvents(),
    transformChunks(),
    verifyEvents(),
    toArray(),
  );
  try {
    const passed = await lastValueFrom(checked);
    return passed.length === events.length ? [] : [`sequence: ${events.length} events became ${passed.length}`];
  } catch (error) {
    return [`sequence: ${/** @type {Error} */ (error).message}`];
  }
}
