// An AG-UI agent whose runs are transcripts.

import { AbstractAgent } from '@ag-ui/client';
import { asyncScheduler, scheduled } from 'rxjs';

/** @typedef {import('../harness/run-events.mjs').RunEvent} RunEvent */

export class Replay extends AbstractAgent {
  /** @type {string[]} outcome of each run */
  outcomes = [];
  /** @type {string[]} errors of the agent itself */
  failures = [];
  /** @type {RunEvent[]} */
  #events = [];

  /** Emits one event per tick, as a socket does. */
  run() {
    return scheduled(/** @type {any[]} */ (this.#events), asyncScheduler);
  }

  /** @param {RunEvent[]} events of one run */
  async replay(events) {
    this.#events = structuredClone(events);
    const outcomes = this.outcomes;
    // The agent refuses a run that answers no interrupt of the one before. The answers themselves change nothing here.
    const answers = this.pendingInterrupts.map(({ id }) => ({
      interruptId: id,
      status: /** @type {const} */ ('cancelled'),
    }));
    try {
      await this.runAgent(answers.length > 0 ? { resume: answers } : {}, {
        onRunFinishedEvent: ({ outcome }) => void outcomes.push(outcome),
        onRunErrorEvent: ({ event }) => void outcomes.push(`error ${event.code}`),
      });
    } catch (error) {
      this.failures.push(`agent: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** Returns the messages without metadata. */
  plainMessages() {
    return this.messages.map(({ metadata: _, ...message }) => {
      const calls = /** @type {any} */ (message).toolCalls;
      return calls
        ? { ...message, toolCalls: calls.map((/** @type {any} */ { metadata: _, ...call }) => call) }
        : message;
    });
  }
}
