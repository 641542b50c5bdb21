// Stands between the functions and MiniStack: passes on what they ask, notes it, and spoils what the rules say.
// Tests speak with it below /_faults (harness/spoil.mjs). It knows each caller's process by the port it calls from.

import http from 'node:http';

import { mentions, operationOf, refusal, Rules } from './faults.mjs';
import { callerOf } from './callers.mjs';

/** @typedef {import('./faults.mjs').Call} Call */

/** How many calls are remembered. */
const MEMORY = 20_000;

export class Proxy {
  rules = new Rules();
  /** @type {Call[]} */
  calls = [];
  /** @type {Set<() => void>} */
  #held = new Set();
  #agent = new http.Agent({ keepAlive: true });

  /** @param {string} target MiniStack's address */
  constructor(target) {
    this.target = new URL(target);
    this.server = http.createServer((request, response) => void this.#serve(request, response));
    this.server.keepAliveTimeout = 75_000;
  }

  /** @returns {Promise<string>} its own address */
  listen() {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', () => {
        const { port } = /** @type {import('node:net').AddressInfo} */ (this.server.address());
        resolve(`http://127.0.0.1:${port}`);
      });
    });
  }

  close() {
    this.rules.clear();
    this.#release();
    this.#agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #serve(request, response) {
    try {
      const body = await bodyOf(request);
      if (request.url?.startsWith('/_faults/')) this.#told(request, response, body.toString());
      else await this.#call(request, response, body);
    } catch {
      // One side went away, or MiniStack is gone: the caller sees a broken connection.
      response.destroy();
    }
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body */
  async #call(request, response, body) {
    /** @type {Call} */
    const call = {
      at: Date.now(), ...callerOf(request.socket), operation: operationOf(request), path: request.url ?? '', body: body.toString(),
    };
    this.calls.push(call);
    if (this.calls.length > MEMORY) this.calls.splice(0, MEMORY / 2);
    const rule = this.rules.meet(call);
    if (rule && ['fail', 'conflict', 'swallow'].includes(rule.effect)) {
      answer(response, refusal(call, rule.effect));
      return;
    }
    if (rule?.effect === 'delay') await new Promise((resolve) => setTimeout(resolve, rule.ms ?? 1000));
    if (rule?.effect === 'hold') await this.#hold(rule.id, request.socket);
    // A process that died meanwhile asks for nothing any more; its sockets' ends may still be on their way to us.
    if (rule) await new Promise((resolve) => setImmediate(resolve));
    if (request.socket.destroyed) return;
    await this.#pass(request, response, body, rule?.effect === 'lose');
  }

  /** How many calls are being held. */
  get held() {
    return this.#held.size;
  }

  /** @param {string} id of a rule @param {import('node:net').Socket} caller */
  async #hold(id, caller) {
    while (this.rules.has(id) && !caller.destroyed) {
      await new Promise((resolve) => {
        const go = () => resolve(this.#held.delete(go));
        this.#held.add(go);
        caller.once('close', go);
      });
    }
  }

  #release() {
    for (const go of [...this.#held]) go();
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body @param {boolean} lost */
  async #pass(request, response, body, lost) {
    const { method, url: path, headers } = request;
    const { hostname, port } = this.target;
    const asked = http.request({ hostname, port, method, path, headers, agent: this.#agent });
    asked.end(body);
    const given = await new Promise((resolve, reject) => asked.once('response', resolve).once('error', reject));
    const said = await bodyOf(given);
    if (lost) return void request.socket.destroy();
    const { 'transfer-encoding': _, connection: __, ...kept } = given.headers;
    response.writeHead(given.statusCode, { ...kept, 'content-length': said.length });
    response.end(said);
  }

  /** What tests say. @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {string} body */
  #told({ method, url = '' }, response, body) {
    const [, , what, id] = url.split('?')[0].split('/');
    if (what === 'calls') return say(response, sought(this.calls, new URL(url, 'http://proxy').searchParams));
    if (method === 'POST') return say(response, { id: this.rules.add(JSON.parse(body)) });
    if (method === 'GET') return say(response, { met: this.rules.met(id) });
    if (id) this.rules.withdraw(id);
    else this.rules.clear();
    this.#release();
    return say(response, {});
  }
}

/** The calls a test asks for, oldest first. @param {Call[]} calls @param {URLSearchParams} query */
function sought(calls, query) {
  const [operation, by, text, since] = ['operation', 'function', 'holding', 'since'].map((name) => query.get(name));
  return calls.filter((call) => (!operation || call.operation === operation) && (!by || call.function === by)
    && (!text || mentions(call, text)) && call.at >= Number(since));
}

/** @param {http.IncomingMessage} message @returns {Promise<Buffer>} */
async function bodyOf(message) {
  const parts = [];
  for await (const part of message) parts.push(part);
  return Buffer.concat(parts);
}

/** @param {http.ServerResponse} response @param {ReturnType<typeof refusal>} refused */
function answer(response, { status, type, body }) {
  const named = type === '' ? {} : { 'x-amzn-errortype': type };
  const typed = type === '' ? {} : { __type: `com.amazonaws.dynamodb.v20120810#${type}` };
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...named });
  response.end(JSON.stringify({ ...typed, ...body }));
}

/** @param {http.ServerResponse} response @param {unknown} value */
function say(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
