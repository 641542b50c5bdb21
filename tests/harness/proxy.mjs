// Proxy between the functions and MiniStack. It forwards and records each call and injects the faults of its rules.
// Tests control it below /_faults (harness/inject.mjs). It finds each caller's process by the port of its connection.

import http from 'node:http';
import { callerOf } from './callers.mjs';
import { contains, operationOf, Rules, reply } from './faults.mjs';

/** @typedef {import('./faults.mjs').Call} Call */

/** Most calls that are recorded. */
const MOST_CALLS = 20_000;

export class FaultProxy {
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

  /** @returns {Promise<string>} the proxy's address */
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
      if (request.url?.startsWith('/_faults/')) this.#control(request, response, body.toString());
      else await this.#call(request, response, body);
    } catch {
      // One of the connections broke, so the caller's is broken too.
      response.destroy();
    }
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body */
  async #call(request, response, body) {
    /** @type {Call} */
    const call = {
      at: Date.now(),
      port: request.socket.remotePort,
      operation: operationOf(request),
      path: request.url ?? '',
      body: body.toString(),
    };
    this.calls.push(call);
    if (this.calls.length > MOST_CALLS) this.calls.splice(0, MOST_CALLS / 2);
    const known = callerOf(request.socket).then((caller) => Object.assign(call, caller));
    if (this.rules.nameFunctions()) await known;
    const rule = this.rules.match(call);
    if (rule && ['fail', 'conflict', 'swallow', 'refuse', 'invalid', 'reject'].includes(rule.effect)) {
      answer(response, reply(call, rule));
      return;
    }
    if (rule?.effect === 'delay') await new Promise((resolve) => setTimeout(resolve, rule.ms ?? 1000));
    if (rule?.effect === 'hold') await this.#hold(rule.id, request.socket);
    // A call whose process died meanwhile is not forwarded. The end of its connection may not have been read yet.
    if (rule) await new Promise((resolve) => setImmediate(resolve));
    if (request.socket.destroyed) return;
    const passed = rule?.effect === 'page' ? onePerPage(body) : body;
    await this.#pass(request, response, passed, rule?.effect === 'lose');
  }

  /** Number of calls that are held. */
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

  /**
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   * @param {Buffer} body
   * @param {boolean} lost
   */
  async #pass(request, response, body, lost) {
    const { method, url: path, headers } = request;
    const { hostname, port } = this.target;
    const sized = { ...headers, 'content-length': body.length };
    const asked = http.request({ hostname, port, method, path, headers: sized, agent: this.#agent });
    asked.end(body);
    const given = await new Promise((resolve, reject) => asked.once('response', resolve).once('error', reject));
    const content = await bodyOf(given);
    if (lost) return void request.socket.destroy();
    const { 'transfer-encoding': _, connection: __, ...kept } = given.headers;
    response.writeHead(given.statusCode, { ...kept, 'content-length': content.length });
    response.end(content);
  }

  /**
   * Serves the tests' requests.
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   * @param {string} body
   */
  #control({ method, url = '' }, response, body) {
    const [, , what, id] = url.split('?')[0].split('/');
    if (what === 'calls') return sendJson(response, selected(this.calls, new URL(url, 'http://proxy').searchParams));
    if (method === 'POST') return sendJson(response, { id: this.rules.add(JSON.parse(body)) });
    if (method === 'GET') return sendJson(response, { matches: this.rules.matches(id) });
    if (id) this.rules.remove(id);
    else this.rules.clear();
    this.#release();
    return sendJson(response, {});
  }
}

/** Limits a query to one item per page. @param {Buffer} body */
function onePerPage(body) {
  return Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), Limit: 1 }));
}

/** Selects calls, oldest first. @param {Call[]} calls @param {URLSearchParams} query */
function selected(calls, query) {
  const [operation, by, text, since] = ['operation', 'function', 'containing', 'since'].map((name) => query.get(name));
  return calls.filter(
    (call) =>
      (!operation || call.operation === operation) &&
      (!by || call.function === by) &&
      (!text || contains(call, text)) &&
      call.at >= Number(since),
  );
}

/** @param {http.IncomingMessage} message @returns {Promise<Buffer>} */
async function bodyOf(message) {
  const parts = [];
  for await (const part of message) parts.push(part);
  return Buffer.concat(parts);
}

/** @param {http.ServerResponse} response @param {ReturnType<typeof reply>} reply */
function answer(response, { status, type, body }) {
  const named = type === '' ? {} : { 'x-amzn-errortype': type };
  const typed = type === '' ? {} : { __type: `com.amazonaws.dynamodb.v20120810#${type}` };
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...named });
  response.end(JSON.stringify({ ...typed, ...body }));
}

/** @param {http.ServerResponse} response @param {unknown} value */
function sendJson(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
