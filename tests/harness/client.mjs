// The tests' client of the protocol: its state (client-state.mjs) and a socket.

import assert from 'node:assert/strict';

import { backoffMs, ClientState } from './client-state.mjs';
import { DEADLINE_MS, until } from './deadline.mjs';
import { Run } from './run.mjs';
import { Socket, SUBPROTOCOL } from './socket.mjs';

/** @typedef {import('./client-state.mjs').Request} Request */
/** @typedef {import('./client-state.mjs').Response} Response */

/**
 * `reconnect`: the client does all that docs/protocol.md section 5 asks for. It reconnects, repeats requests that were
 * not answered or refused for now, and chooses the ids of its runs, so that repeating is safe. Otherwise a lost
 * connection stays lost and an error is final.
 * @typedef {import('./socket.mjs').Options & {reconnect?: boolean}} Options
 */

/** Interval at which a client checks for requests that are due. */
const TICK_MS = 50;

/** Repetitions of a start that is refused as unavailable. */
const MAX_TRIES = 5;

let counter = 0;

/** @param {string} prefix @returns {string} an id that is not in use */
export function newId(prefix) {
  counter += 1;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${counter}`;
}

export class Client {
  /** Number of times that it reconnected. */
  reconnects = 0;
  #read = 0;
  #closed = false;
  #connecting = false;

  /** @param {Socket} socket @param {Options} [options] */
  constructor(socket, options = {}) {
    this.socket = socket;
    this.options = options;
    this.reconnecting = options.reconnect ?? false;
    this.state = new ClientState({ retry: this.reconnecting });
    this.state.opened(Date.now());
    this.ticks = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** @returns {Response[]} */
  get responses() {
    return this.state.responses;
  }

  /** Runs by id, in the order of their first events. */
  get runs() {
    return this.state.runs;
  }

  /** Takes in the frames that arrived since the last call. Each wait below calls it first. */
  catchUp() {
    for (; this.#read < this.socket.frames.length; this.#read += 1) {
      const { text, at } = this.socket.frames[this.#read];
      const lines = this.socket.socket.protocol === SUBPROTOCOL ? text.split('\n') : [text];
      for (const line of lines) if (line !== '') this.state.received(JSON.parse(line), at);
    }
    return this;
  }

  /**
   * Sends a prompt and waits for its ack.
   * @param {string} prompt
   * @param {Record<string, any>} [more] other fields of the request
   * @returns {Promise<Run>}
   */
  async prompt(prompt, more = {}) {
    const named = this.reconnecting ? { runId: newId('r') } : {};
    const start = { action: 'prompt', prompt, ...named, ...more };
    let ack = await this.request(start);
    // On a busy machine a request may take longer than the function allows; the start is repeated, as clients do.
    for (let tries = 0; ack.code === 'unavailable' && tries < MAX_TRIES; tries += 1)
      ack = await this.request({ ...start, runId: ack.runId });
    assert.equal(ack.type, 'ack', `refused: ${JSON.stringify(ack)}`);
    return new Run(this, ack, prompt);
  }

  /**
   * Sends a prompt and waits for the end of its run.
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
   * Sends a request with an id and waits for its final response. For a client that reconnects, an error that may be
   * retried is not final.
   * @param {Record<string, any>} fields
   * @param {number} [ms]
   * @returns {Promise<Response>}
   */
  async request(fields, ms) {
    const request = /** @type {Request} */ ({ ...fields, id: fields.id ?? newId('q') });
    this.state.sending(request);
    this.#send([request]);
    const final = (/** @type {Response} */ { id, type, retryable }) =>
      id === request.id && !(this.reconnecting && type === 'error' && retryable);
    return this.until(`a response to ${request.action} ${request.id}`, () => this.responses.find(final), ms);
  }

  /**
   * Requests the cancellation of a run and returns the response.
   * @param {Run} run
   * @param {Record<string, any>} [more]
   */
  async cancel(run, more = {}) {
    return this.request({ action: 'cancel', threadId: run.threadId, runId: run.id, ...more });
  }

  /**
   * Subscribes to a run that another client started, from its first event on.
   * @param {{id: string, threadId: string}} run
   * @returns {Run}
   */
  subscribe({ id, threadId }) {
    this.#send([this.state.subscribe(id, threadId, Date.now())]);
    return new Run(this, { type: 'ack', runId: id, threadId });
  }

  /**
   * @template T
   * @param {string} what
   * @param {(client: Client) => T} look
   * @param {number} [ms]
   * @returns {Promise<Exclude<NonNullable<T>, false>>}
   */
  async until(what, look, ms = DEADLINE_MS) {
    if (!this.reconnecting) return this.socket.until(what, () => look(this.catchUp()), ms);
    try {
      return /** @type {any} */ (await until(what, () => look(this.catchUp()), ms));
    } catch (error) {
      const last = this.socket.frames
        .slice(-8)
        .map(({ text }) => text.slice(0, 400))
        .join('\n');
      throw new Error(`${/** @type {Error} */ (error).message}; ${this.reconnects} reconnects; last frames:\n${last}`);
    }
  }

  /** Requests the messages of the thread. @param {Record<string, any>} [more] */
  async history(more = {}) {
    const response = await this.request({ action: 'history', ...more });
    assert.equal(response.type, 'history', JSON.stringify(response));
    return response;
  }

  /** Terminates the connection without a closing handshake; a client that reconnects opens another one. */
  drop() {
    this.catchUp();
    this.socket.terminate();
  }

  /** Terminates the connection for good. */
  close() {
    this.#closed = true;
    clearInterval(this.ticks);
    this.socket.terminate();
  }

  #tick() {
    if (this.#closed) return;
    this.catchUp();
    if (this.socket.closed) void this.#reconnect();
    else if (this.state.dead(Date.now())) this.socket.terminate();
    else this.#send(this.state.due(Date.now()));
  }

  async #reconnect() {
    if (!this.reconnecting || this.#connecting) return;
    this.#connecting = true;
    for (let tries = 0; !this.#closed; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, Math.random())));
      const socket = await Socket.open(this.options).catch(() => undefined);
      if (!socket) continue;
      this.socket = socket;
      this.#read = 0;
      this.reconnects += 1;
      this.#send(this.state.opened(Date.now()));
      break;
    }
    this.#connecting = false;
    if (this.#closed) this.socket.terminate();
  }

  /** @param {Request[]} requests */
  #send(requests) {
    // A request that cannot be sent now is repeated on the next connection.
    for (const request of requests) if (!this.socket.closed) this.socket.send(request);
  }
}

/**
 * Opens a connection that is terminated when the test ends.
 * @param {import('node:test').TestContext} t
 * @param {Options} [options]
 */
export async function connect(t, options) {
  const client = new Client(await Socket.open(options), options);
  t.after(() => client.close());
  return client;
}

/**
 * Opens a connection that reconnects, on a thread of its own unless one is given.
 * @param {import('node:test').TestContext} t
 * @param {string} [thread]
 */
export function reconnecting(t, thread = newId('t')) {
  return connect(t, { query: { thread }, reconnect: true });
}

/**
 * Does what a page does when it is loaded: reads the history and subscribes to the active run.
 * @param {import('node:test').TestContext} t
 * @param {string} thread
 * @returns {Promise<{client: Client, history: any, run: Run | undefined}>}
 */
export async function reload(t, thread) {
  const client = await reconnecting(t, thread);
  const history = await client.history();
  const run = history.run && client.subscribe({ id: history.run.runId, threadId: thread });
  return { client, history, run };
}

/**
 * Subscribes a new connection to a run, and returns its `resumed`.
 * @param {import('node:test').TestContext} t
 * @param {Run} run
 */
export async function resumed(t, run) {
  const client = await connect(t);
  client.subscribe(run);
  return client.until('`resumed`', ({ responses }) => responses.find(({ type }) => type === 'resumed'));
}
