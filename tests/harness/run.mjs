// One run as its client receives it.

import assert from 'node:assert/strict';

import { RunEvents } from './run-events.mjs';
import { record } from './transcripts.mjs';

/** @typedef {import('./run-events.mjs').RunEvent} RunEvent */

export class Run {
  /**
   * @param {import('./client.mjs').Client} client
   * @param {import('./client-state.mjs').Response} ack
   * @param {string} [prompt]
   */
  constructor(client, ack, prompt) {
    this.client = client;
    this.ack = ack;
    this.id = ack.runId;
    this.threadId = ack.threadId;
    this.prompt = prompt;
  }

  /** @returns {RunEvents} */
  get received() {
    return this.client.catchUp().runs.get(this.id) ?? new RunEvents();
  }

  /** @returns {RunEvent[]} the valid events */
  get events() {
    return this.received.events;
  }

  /** @returns {RunEvent} */
  get last() {
    return /** @type {RunEvent} */ (this.events.at(-1));
  }

  /** Types of the events; successive deltas of one message or call count once. */
  get shape() {
    const deltas = ['TEXT_MESSAGE_CONTENT', 'TOOL_CALL_ARGS', 'REASONING_MESSAGE_CONTENT'];
    const types = this.events.map((event) => event.type);
    return types.filter((type, at) => !(deltas.includes(type) && types[at - 1] === type));
  }

  /** Text of all messages, one after another. */
  get text() {
    return this.of('TEXT_MESSAGE_CONTENT')
      .map((event) => event.delta)
      .join('');
  }

  /** Tokens that the run has used, as its last event says. @returns {number} */
  get tokens() {
    return /** @type {any} */ (this.last).usage[0].totalTokens;
  }

  /** @param {string} type @returns {RunEvent[]} */
  of(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** @returns {string | undefined} the stop reason of the last step */
  get stopReason() {
    return this.of('STEP_FINISHED').at(-1)?.metadata['lw.stopReason'];
  }

  /**
   * Waits for an event.
   * @param {string} what
   * @param {(event: RunEvent) => boolean} match
   * @param {number} [ms]
   */
  event(what, match, ms) {
    return this.client.until(`${what} of run ${this.id}`, () => this.events.find(match), ms);
  }

  /** Waits for the first text. */
  async firstText() {
    return this.event('text', (event) => event.type === 'TEXT_MESSAGE_CONTENT');
  }

  /**
   * Waits for the last event, checks what holds for every run (docs/protocol.md sections 2 and 5), and records the run
   * for AG-UI's packages.
   * @param {number} [ms]
   * @returns {Promise<RunEvent>} the last event
   */
  async end(ms) {
    await this.complete(ms);
    record(this);
    return this.last;
  }

  /**
   * Does the same as `end` without recording the run: AG-UI's packages need minutes for a very long one.
   * @param {number} [ms]
   */
  async complete(ms = 30_000) {
    await this.client.until(`the end of run ${this.id}`, () => this.received.ended, ms);
    const { events, epoch, wanted } = this.received;
    assert.equal(wanted, undefined, 'no event is missing');
    assert.equal(events[0].type, 'RUN_STARTED');
    assert.deepEqual([events[0].threadId, events[0].runId], [this.threadId, this.id]);
    assert.ok(events.every((event) => event.metadata['lw.run'] === this.id));
    if (epoch === 1)
      assert.deepEqual(
        events.map((event) => event.metadata['lw.seq']),
        events.map((_, at) => at + 1),
      );
  }

  /** Waits for the end and checks that the run succeeded. @param {number} [ms] */
  async success(ms) {
    const last = await this.end(ms);
    assert.deepEqual([last.type, last.outcome], ['RUN_FINISHED', { type: 'success' }], JSON.stringify(last));
    return this;
  }
}
