// A WebSocket that keeps the frames it receives, with their times.

import WebSocket from 'ws';

import { DEADLINE_MS, within } from './deadline.mjs';
import { stack } from './stack.mjs';

/** Subprotocol with several lines in a frame. */
export const SUBPROTOCOL = 'longwire.v1';

/** @typedef {{text: string, at: number}} Frame */

/** @typedef {{protocols?: string[], query?: Record<string, string>, headers?: Record<string, string>}} Options */

export class Socket {
  /** @type {Frame[]} */
  frames = [];
  /** @type {{code: number, reason: string} | undefined} */
  closed;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on('message', (data, binary) => {
      if (binary) throw new Error('the server sent a binary frame');
      this.frames.push({ text: data.toString(), at: Date.now() });
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    socket.on('error', () => this.#wake());
  }

  /**
   * Opens a WebSocket. The error of a refused handshake has the HTTP status in `status`.
   * @param {Options} [options] the offered subprotocols (default: longwire.v1), the query and further headers
   * @returns {Promise<Socket>}
   */
  static async open({ protocols = [SUBPROTOCOL], query = {}, headers = {} } = {}) {
    const search = new URLSearchParams(query).toString();
    const url = stack().websocket + (search ? `?${search}` : '');
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, headers });
    const opened = new Socket(socket);
    try {
      await within('the WebSocket opens', handshake(socket));
    } catch (error) {
      // One that opened after all would keep the process of the test alive.
      socket.terminate();
      throw error;
    }
    return opened;
  }

  /** @param {unknown} message sent as it is if it is a string, as a binary frame if it is a Buffer, else as JSON */
  send(message) {
    const verbatim = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(verbatim ? message : JSON.stringify(message));
  }

  /**
   * Calls `look` after each frame until it returns something truthy, and returns that.
   * @template T
   * @param {string} what
   * @param {(socket: Socket) => T} look
   * @param {number} [ms]
   * @returns {Promise<Exclude<NonNullable<T>, false>>}
   */
  async until(what, look, ms = DEADLINE_MS) {
    let wake = () => {};
    const found = new Promise((resolve, reject) => {
      wake = () => {
        try {
          const found = look(this);
          if (found) resolve(found);
          else if (this.closed) reject(new Error(`closed with ${this.closed.code} before: ${what}`));
        } catch (error) {
          reject(error);
        }
      };
    });
    this.#waiting.add(wake);
    wake();
    try {
      return await within(what, /** @type {Promise<any>} */ (found), ms);
    } catch (error) {
      const last = this.frames.slice(-8).map((frame) => frame.text.slice(0, 400));
      throw new Error(`${/** @type {Error} */ (error).message}; last frames:\n${last.join('\n')}`, { cause: error });
    } finally {
      this.#waiting.delete(wake);
    }
  }

  /** Closes the connection with a closing handshake. */
  async close() {
    this.socket.close();
    await within(
      'the WebSocket closes',
      new Promise((resolve) => {
        if (this.closed) resolve(undefined);
        else this.socket.once('close', resolve);
      }),
    );
  }

  /** Terminates the connection without a closing handshake, as a laptop does whose lid is closed. */
  terminate() {
    this.socket.terminate();
  }

  /** Stops reading, as a phone in a tunnel does. */
  pause() {
    this.socket.pause();
  }

  /** Continues reading. */
  resume() {
    this.socket.resume();
  }

  #wake() {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** @param {WebSocket} socket */
function handshake(socket) {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => {
      reject(Object.assign(new Error(`refused with HTTP ${response.statusCode}`), { status: response.statusCode }));
      socket.terminate();
    });
  });
}
