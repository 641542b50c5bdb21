// An agent of AG-UI over a connection: what an application needs to use a thread with `@ag-ui/client`, which has no transport
// for WebSockets.

import { AbstractAgent } from '@ag-ui/client';
import { Observable } from 'rxjs';

import { until } from './deadline.mjs';

/** @typedef {import('./client.mjs').Client} Client */

export class LongwireAgent extends AbstractAgent {
  /** Ids of the messages that the server has. @type {Set<string>} */
  #received = new Set();

  /** @param {Client} client @param {string} threadId */
  constructor(client, threadId) {
    super({ threadId });
    this.client = client;
  }

  /** Sends what the server does not know, and emits the events of the run. @param {any} input */
  run(input) {
    return /** @type {any} */ (
      new Observable((subscriber) => {
        this.#play(input, subscriber).catch((error) => subscriber.error(error));
      })
    );
  }

  /** Cancels the run: `@ag-ui/client` leaves that to the transport. */
  abortRun() {
    this.client.socket.send(JSON.stringify({ action: 'cancel', threadId: this.threadId }));
    super.abortRun();
  }

  /**
   * Plays one run. `resume` of the input has the answers to interrupts, and needs no message.
   * @param {any} input
   * @param {import('rxjs').Subscriber<any>} subscriber
   */
  async #play(input, subscriber) {
    const known = input.messages.findLastIndex((/** @type {any} */ { role }) => role === 'assistant');
    const messages = input.messages.slice(known + 1).filter((/** @type {any} */ { id }) => !this.#received.has(id));
    const ack = await this.client.request({ action: 'run', ...input, messages });
    if (ack.type !== 'ack') throw new Error(`${ack.code}: ${ack.message}`);
    let emitted = 0;
    await until(`the end of run ${ack.runId}`, () => {
      const run = this.client.catchUp().runs.get(ack.runId);
      const events = run?.events ?? [];
      for (; emitted < events.length; emitted += 1) {
        const { messageId, input } = events[emitted];
        for (const id of [messageId, ...(input?.messages ?? []).map((/** @type {any} */ each) => each.id)])
          this.#received.add(id);
        subscriber.next(structuredClone(events[emitted]));
      }
      return run?.ended;
    });
    subscriber.complete();
  }
}
