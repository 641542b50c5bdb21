// A transcript through AG-UI's own validators, as docs/protocol.md section 10 says.

import { enforceEvents, transformChunks, verifyEvents } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';
import { from, lastValueFrom, toArray } from 'rxjs';

import { complaintsOf } from './console.mjs';
import { Replay } from './replay.mjs';

/** @typedef {import('../harness/delivery.mjs').Line} Line */

/**
 * What AG-UI makes of a thread's runs.
 * @typedef {object} Verdict
 * @property {string[]} complaints empty when all is well
 * @property {string[]} outcomes one per run: `success`, `cancelled`, or `error <code>`
 * @property {any[]} messages the agent's messages at the end, without metadata
 */

/**
 * Checks the runs of one thread, in order.
 * @param {Line[][]} runs
 * @returns {Promise<Verdict>}
 */
export async function judge(runs) {
  const agent = new Replay();
  const complaints = runs.flat().flatMap(shape);
  complaints.push(...await complaintsOf(async () => {
    for (const lines of runs) complaints.push(...await sequence(lines));
    for (const lines of runs) await agent.replay(lines);
  }));
  return { complaints: [...complaints, ...agent.failures], outcomes: agent.outcomes, messages: agent.plainMessages() };
}

/** @param {Line} line @returns {string[]} */
function shape(line) {
  const checked = EventSchemas.safeParse(line);
  return checked.success ? [] : [`schema: ${JSON.stringify(line)}: ${checked.error.message}`];
}

/** @param {Line[]} lines @returns {Promise<string[]>} */
async function sequence(lines) {
  const events = from(/** @type {any[]} */ (lines));
  const checked = events.pipe(enforceEvents(), transformChunks(), verifyEvents(), toArray());
  try {
    const passed = await lastValueFrom(checked);
    return passed.length === lines.length ? [] : [`sequence: ${lines.length} events became ${passed.length}`];
  } catch (error) {
    return [`sequence: ${/** @type {Error} */ (error).message}`];
  }
}
