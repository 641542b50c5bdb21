// One run as a test sees it: its lines, its texts, its end.

import assert from 'node:assert/strict';

import { Delivery } from './delivery.mjs';
import { record } from './transcripts.mjs';

/** @typedef {import('./delivery.mjs').Line} Line */

export class Run {
  /**
   * @param {import('./client.mjs').Client} client
   * @param {import('./client.mjs').Control} ack
   * @param {string} [prompt]
   */
  constructor(client, ack, prompt) {
    this.client = client;
    this.ack = ack;
    this.id = ack.runId;
    this.threadId = ack.threadId;
    this.prompt = prompt;
  }

  /** @returns {Delivery} */
  get delivery() {
    return this.client.catchUp().runs.get(this.id) ?? new Delivery();
  }

  /** @returns {Line[]} the lines that stand */
  get lines() {
    return this.delivery.lines;
  }

  /** @returns {Line} */
  get last() {
    return /** @type {Line} */ (this.lines.at(-1));
  }

  /** The types of the lines; repeated pieces of one thing count once. */
  get shape() {
    const pieces = ['TEXT_MESSAGE_CONTENT', 'TOOL_CALL_ARGS', 'REASONING_MESSAGE_CONTENT'];
    const types = this.lines.map((line) => line.type);
    return types.filter((type, at) => !(pieces.includes(type) && types[at - 1] === type));
  }

  /** All words, texts one after another. */
  get text() {
    return this.of('TEXT_MESSAGE_CONTENT').map((line) => line.delta).join('');
  }

  /** @param {string} type @returns {Line[]} */
  of(type) {
    return this.lines.filter((line) => line.type === type);
  }

  /** @returns {string | undefined} the model's last word for why it stopped */
  get stopReason() {
    return this.of('STEP_FINISHED').at(-1)?.metadata['lw.stopReason'];
  }

  /**
   * Waits until a line is there.
   * @param {string} what
   * @param {(line: Line) => boolean} match
   * @param {number} [ms]
   */
  line(what, match, ms) {
    return this.client.until(`${what} of run ${this.id}`, () => this.lines.find(match), ms);
  }

  /** Waits for the first words. */
  async words() {
    return this.line('words', (line) => line.type === 'TEXT_MESSAGE_CONTENT');
  }

  /**
   * Waits for the last line, checks what is true of every run (docs/protocol.md sections 2 and 5), and writes the
   * run down for AG-UI's packages.
   * @param {number} [ms]
   * @returns {Promise<Line>} that line
   */
  async end(ms) {
    await this.whole(ms);
    record(this);
    return this.last;
  }

  /**
   * As `end`, for runs so long that AG-UI's packages would need minutes for them.
   * @param {number} [ms]
   */
  async whole(ms = 30_000) {
    await this.client.until(`the end of run ${this.id}`, () => this.delivery.ended, ms);
    const { lines, epoch, wanted } = this.delivery;
    assert.equal(wanted, undefined, 'no line is missing');
    assert.equal(lines[0].type, 'RUN_STARTED');
    assert.deepEqual([lines[0].threadId, lines[0].runId], [this.threadId, this.id]);
    assert.ok(lines.every((line) => line.metadata['lw.run'] === this.id));
    if (epoch === 1) assert.deepEqual(lines.map((line) => line.metadata['lw.seq']), lines.map((_, at) => at + 1));
  }

  /** Waits for an end with success. @param {number} [ms] */
  async success(ms) {
    const last = await this.end(ms);
    assert.deepEqual([last.type, last.outcome], ['RUN_FINISHED', { type: 'success' }], JSON.stringify(last));
    return this;
  }
}
