// A WebSocket that keeps what it hears, with times, for tests to look at.

import WebSocket from 'ws';

import { PATIENCE_MS, within } from './deadline.mjs';
import { stack } from './stack.mjs';

/** The subprotocol with several lines to a frame. */
export const SUBPROTOCOL = 'longwire.v1';

/** @typedef {{text: string, at: number}} Frame */

/** @typedef {{protocols?: string[], query?: Record<string, string>}} Options */

export class Socket {
  /** @type {Frame[]} */
  frames = [];
  /** @type {{code: number, reason: string} | undefined} */
  closed;
  /** @type {Set<() => void>} */
  #watchers = new Set();

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
   * Opens one; the error of a refused handshake has the HTTP status in `status`.
   * @param {Options} [options] the protocols offered (default: longwire.v1) and the query
   * @returns {Promise<Socket>}
   */
  static async open({ protocols = [SUBPROTOCOL], query = {} } = {}) {
    const search = new URLSearchParams(query).toString();
    const url = stack().websocket + (search ? `?${search}` : '');
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    const opened = new Socket(socket);
    await within('the WebSocket opens', handshake(socket));
    return opened;
  }

  /** @param {unknown} message a string is sent as it is, a Buffer as a binary frame, the rest as JSON */
  send(message) {
    const verbatim = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(verbatim ? message : JSON.stringify(message));
  }

  /**
   * Looks again at each frame until `look` answers with something.
   * @template T
   * @param {string} what
   * @param {(socket: Socket) => T} look
   * @param {number} [ms]
   * @returns {Promise<Exclude<NonNullable<T>, false>>}
   */
  async until(what, look, ms = PATIENCE_MS) {
    let wake = () => {};
    const found = new Promise((resolve, reject) => {
      wake = () => {
        try {
          const answer = look(this);
          if (answer) resolve(answer);
          else if (this.closed) reject(new Error(`closed with ${this.closed.code} before: ${what}`));
        } catch (error) {
          reject(error);
        }
      };
    });
    this.#watchers.add(wake);
    wake();
    try {
      return await within(what, /** @type {Promise<any>} */ (found), ms);
    } catch (error) {
      const heard = this.frames.slice(-8).map((frame) => frame.text.slice(0, 400));
      throw new Error(`${/** @type {Error} */ (error).message}; last heard:\n${heard.join('\n')}`, { cause: error });
    } finally {
      this.#watchers.delete(wake);
    }
  }

  /** Says goodbye and waits until the other side has, too. */
  async close() {
    this.socket.close();
    await within('the WebSocket closes', new Promise((resolve) => {
      if (this.closed) resolve(undefined);
      else this.socket.once('close', resolve);
    }));
  }

  /** Goes away without a word, as a laptop does whose lid is closed. */
  vanish() {
    this.socket.terminate();
  }

  /** Takes nothing more, as a phone in a tunnel does; the server's frames pile up. */
  freeze() {
    this.socket.pause();
  }

  /** Takes what piled up. */
  thaw() {
    this.socket.resume();
  }

  #wake() {
    for (const watcher of [...this.#watchers]) watcher();
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
