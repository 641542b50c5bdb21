// A small client of the protocol: what a frame says, to whom it belongs, and what to wait for.

import assert from 'node:assert/strict';

import { Delivery } from './delivery.mjs';
import { Run } from './run.mjs';
import { Socket, SUBPROTOCOL } from './socket.mjs';

/** @typedef {import('./delivery.mjs').Line} Line */
/** @typedef {{type: string, [field: string]: any}} Control */

let counter = 0;

/** @param {string} prefix @returns {string} an id nobody has used */
export function fresh(prefix) {
  counter += 1;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${counter}`;
}

export class Client {
  /** @type {Control[]} */
  controls = [];
  /** @type {Map<string, Delivery>} runs by id, in the order they began */
  runs = new Map();
  #read = 0;

  /** @param {Socket} socket */
  constructor(socket) {
    this.socket = socket;
  }

  /** Takes in the frames that came since the last call. Every wait below does that first. */
  catchUp() {
    for (; this.#read < this.socket.frames.length; this.#read += 1) {
      const { text } = this.socket.frames[this.#read];
      const lines = this.socket.socket.protocol === SUBPROTOCOL ? text.split('\n') : [text];
      for (const line of lines) if (line !== '') this.#take(JSON.parse(line));
    }
    return this;
  }

  /**
   * Sends a prompt and waits for its ack.
   * @param {string} prompt
   * @param {Record<string, any>} [more] other fields of the message
   * @returns {Promise<Run>}
   */
  async prompt(prompt, more = {}) {
    const ack = await this.ask({ action: 'prompt', prompt, ...more });
    assert.equal(ack.type, 'ack', `refused: ${JSON.stringify(ack)}`);
    return new Run(this, ack, prompt);
  }

  /**
   * Sends a prompt and waits for its answer's end.
   * @param {string} prompt
   * @param {Record<string, any>} [more]
   * @returns {Promise<Run>}
   */
  async answer(prompt, more = {}) {
    const run = await this.prompt(prompt, more);
    await run.end();
    return run;
  }

  /**
   * Sends a message with an id and waits for the control line that echoes it.
   * @param {Record<string, any>} message
   * @returns {Promise<Control>}
   */
  async ask(message) {
    const id = message.id ?? fresh('q');
    this.socket.send({ ...message, id });
    return this.until(`an answer to ${message.action} ${id}`, () => this.controls.find((line) => line.id === id));
  }

  /**
   * @template T
   * @param {string} what
   * @param {(client: Client) => T} look
   * @param {number} [ms]
   */
  until(what, look, ms) {
    return this.socket.until(what, () => look(this.catchUp()), ms);
  }

  /** Messages of the thread as `history` has them. @param {Record<string, any>} [more] */
  async history(more = {}) {
    const answer = await this.ask({ action: 'history', ...more });
    assert.equal(answer.type, 'history', JSON.stringify(answer));
    return answer;
  }

  /** @param {any} line */
  #take(line) {
    if (line.specversion !== undefined) return;
    if (line.type === undefined) {
      // API Gateway's own words. They answer a message that nobody can name.
      this.controls.push({ type: 'error', code: 'unavailable', gateway: line });
    } else if (/^[A-Z]/.test(line.type)) {
      const run = line.metadata['lw.run'];
      if (!this.runs.has(run)) this.runs.set(run, new Delivery());
      this.runs.get(run)?.take(line);
    } else {
      this.controls.push(line);
    }
  }
}

/**
 * A client on a new connection, closed when the test ends.
 * @param {import('node:test').TestContext} t
 * @param {import('./socket.mjs').Options} [options]
 */
export async function connect(t, options) {
  const socket = await Socket.open(options);
  t.after(() => socket.vanish());
  return new Client(socket);
}
