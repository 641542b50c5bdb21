// An AG-UI agent whose runs are transcripts.

import { AbstractAgent } from '@ag-ui/client';
import { asyncScheduler, scheduled } from 'rxjs';

/** @typedef {import('../harness/delivery.mjs').Line} Line */

export class Replay extends AbstractAgent {
  /** @type {string[]} how each run ended */
  outcomes = [];
  /** @type {string[]} errors of the agent itself */
  failures = [];
  /** @type {Line[]} */
  #lines = [];

  /** One event per tick, as they would come from a socket. */
  run() {
    return scheduled(/** @type {any[]} */ (this.#lines), asyncScheduler);
  }

  /** @param {Line[]} lines of one run */
  async replay(lines) {
    this.#lines = structuredClone(lines);
    const outcomes = this.outcomes;
    try {
      await this.runAgent({}, {
        onRunFinishedEvent: ({ outcome }) => void outcomes.push(outcome),
        onRunErrorEvent: ({ event }) => void outcomes.push(`error ${event.code}`),
      });
    } catch (error) {
      this.failures.push(`agent: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** Messages as an app shows them. */
  plainMessages() {
    return this.messages.map(({ metadata: _, ...message }) => {
      const calls = /** @type {any} */ (message).toolCalls;
      return calls ? { ...message, toolCalls: calls.map(({ metadata: _, ...call }) => call) } : message;
    });
  }
}
