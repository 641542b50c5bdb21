// The one client of the protocol: a book (what is known, what to say next) on a socket.

import assert from 'node:assert/strict';

import { backoffMs, Book } from './book.mjs';
import { PATIENCE_MS, until } from './deadline.mjs';
import { Run } from './run.mjs';
import { Socket, SUBPROTOCOL } from './socket.mjs';

/** @typedef {import('./book.mjs').Control} Control */

/**
 * `leaves`: a lost connection stays lost, and what is refused is not repeated. `stays`: section 5 to the letter, it
 * comes back, repeats what was not answered, and names its runs itself, so that repeating is safe.
 * @typedef {'leaves' | 'stays'} Loyalty
 */

/** @typedef {import('./socket.mjs').Options & {loyalty?: Loyalty}} Options */

/** How often a client looks whether there is something to say. */
const TICK_MS = 50;

let counter = 0;

/** @param {string} prefix @returns {string} an id nobody has used */
export function fresh(prefix) {
  counter += 1;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${counter}`;
}

export class Client {
  /** How often it connected anew. */
  returns = 0;
  #read = 0;
  #closed = false;
  #connecting = false;

  /** @param {Socket} socket @param {Options} [options] */
  constructor(socket, options = {}) {
    this.socket = socket;
    this.options = options;
    this.loyalty = options.loyalty ?? 'leaves';
    this.book = new Book(this.loyalty === 'stays' ? 'until answered' : 'once');
    this.book.opened(Date.now());
    this.ticks = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** @returns {Control[]} */
  get controls() {
    return this.book.controls;
  }

  /** Runs by id, in the order they began. */
  get runs() {
    return this.book.runs;
  }

  /** Takes in the frames that came since the last call. Every wait below does that first. */
  catchUp() {
    for (; this.#read < this.socket.frames.length; this.#read += 1) {
      const { text, at } = this.socket.frames[this.#read];
      const lines = this.socket.socket.protocol === SUBPROTOCOL ? text.split('\n') : [text];
      for (const line of lines) if (line !== '') this.book.hears(JSON.parse(line), at);
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
    const named = this.loyalty === 'stays' ? { runId: fresh('r') } : {};
    const ack = await this.ask({ action: 'prompt', prompt, ...named, ...more });
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
   * Sends a message with an id and waits for the control line that answers it for good: who stays takes no
   * refusal that may be repeated.
   * @param {Record<string, any>} message
   * @param {number} [ms]
   * @returns {Promise<Control>}
   */
  async ask(message, ms) {
    const asked = /** @type {import('./book.mjs').Message} */ ({ ...message, id: message.id ?? fresh('q') });
    this.book.sends(asked);
    this.#say([asked]);
    const final = (/** @type {Control} */ { id, type, retryable }) =>
      id === asked.id && !(this.loyalty === 'stays' && type === 'error' && retryable);
    return this.until(`an answer to ${asked.action} ${asked.id}`, () => this.controls.find(final), ms);
  }

  /** Asks for a run to be stopped, and returns the answer. @param {Run} run @param {Record<string, any>} [more] */
  async cancel(run, more = {}) {
    return this.ask({ action: 'cancel', threadId: run.threadId, runId: run.id, ...more });
  }

  /**
   * Watches a run that others, or a former self, began.
   * @param {{id: string, threadId: string}} run
   * @returns {Run} from its first line on
   */
  watch({ id, threadId }) {
    this.#say([this.book.watches(id, threadId, Date.now())]);
    return new Run(this, { type: 'ack', runId: id, threadId });
  }

  /**
   * @template T
   * @param {string} what
   * @param {(client: Client) => T} look
   * @param {number} [ms]
   * @returns {Promise<Exclude<NonNullable<T>, false>>}
   */
  async until(what, look, ms = PATIENCE_MS) {
    if (this.loyalty === 'leaves') return this.socket.until(what, () => look(this.catchUp()), ms);
    try {
      return /** @type {any} */ (await until(what, () => look(this.catchUp()), ms));
    } catch (error) {
      const heard = this.socket.frames.slice(-8).map(({ text }) => text.slice(0, 400));
      throw new Error(`${/** @type {Error} */ (error).message}; ${this.returns} returns; last heard:\n${heard.join('\n')}`);
    }
  }

  /** Messages of the thread as `history` has them. @param {Record<string, any>} [more] */
  async history(more = {}) {
    const answer = await this.ask({ action: 'history', ...more });
    assert.equal(answer.type, 'history', JSON.stringify(answer));
    return answer;
  }

  /** The connection breaks without a word; who stays comes back. */
  drop() {
    this.catchUp();
    this.socket.vanish();
  }

  /** Goes away for good. */
  leave() {
    this.#closed = true;
    clearInterval(this.ticks);
    this.socket.vanish();
  }

  #tick() {
    if (this.#closed) return;
    this.catchUp();
    if (this.socket.closed) this.#comeBack();
    else if (this.book.dead(Date.now())) this.socket.vanish();
    else this.#say(this.book.due(Date.now()));
  }

  async #comeBack() {
    if (this.loyalty === 'leaves' || this.#connecting) return;
    this.#connecting = true;
    for (let tries = 0; !this.#closed; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, Math.random())));
      const socket = await Socket.open(this.options).catch(() => undefined);
      if (!socket) continue;
      this.socket = socket;
      this.#read = 0;
      this.returns += 1;
      this.#say(this.book.opened(Date.now()));
      break;
    }
    this.#connecting = false;
    if (this.#closed) this.socket.vanish();
  }

  /** @param {import('./book.mjs').Message[]} messages */
  #say(messages) {
    // What cannot be sent now is said again on the next connection.
    for (const message of messages) if (!this.socket.closed) this.socket.send(message);
  }
}

/**
 * A client on a new connection, gone when the test ends.
 * @param {import('node:test').TestContext} t
 * @param {Options} [options]
 */
export async function connect(t, options) {
  const client = new Client(await Socket.open(options), options);
  t.after(() => client.leave());
  return client;
}

/**
 * A client that stays on a thread of its own.
 * @param {import('node:test').TestContext} t
 * @param {string} [thread]
 */
export function loyal(t, thread = fresh('t')) {
  return connect(t, { query: { thread }, loyalty: 'stays' });
}

/**
 * A page that is loaded anew: the history, and the running run from its beginning.
 * @param {import('node:test').TestContext} t
 * @param {string} thread
 * @returns {Promise<{client: Client, history: any, run: Run | undefined}>}
 */
export async function reload(t, thread) {
  const client = await loyal(t, thread);
  const history = await client.history();
  const run = history.run && client.watch({ id: history.run.runId, threadId: thread });
  return { client, history, run };
}
