// State of a client of the protocol and the requests that follow from it (docs/protocol.md section 5). Pure: the time
// is passed in, in milliseconds, and the requests to send are returned. Not covered: opening the next connection before
// the two-hour limit.

import { RunEvents } from './run-events.mjs';

/** @typedef {import('./run-events.mjs').RunEvent} RunEvent */
/** @typedef {{type: string, [field: string]: any}} Response */
/** @typedef {Record<string, any> & {action: string, id: string}} Request */

/** Time that a missing event has to arrive by itself. */
const GAP_MS = 1000;
/** Time that a `resume` has to be served before it is repeated. */
const RESUME_MS = 5000;
/** Silence of a running run after which it is resumed. */
const SILENCE_MS = 40_000;
/** Delay before a start that was refused for now is repeated, unless the error has `retryAfterMs`. */
const RETRY_MS = 1000;
const PING_MS = 240_000;
const PONG_MS = 10_000;

const ENDED = ['finished', 'failed', 'cancelled'];
/** Error codes after which no more events of a run can be had. */
const FINAL_ERRORS = ['resume_expired', 'run_not_found', 'thread_not_found'];

/**
 * Delay before the next attempt to connect: random, at most half a second, doubled with each attempt, at most 30 s.
 * @param {number} tries number of attempts that failed
 * @param {number} chance from 0 to 1
 */
export function backoffMs(tries, chance) {
  return chance * Math.min(500 * 2 ** tries, 30_000);
}

/**
 * State of one run besides its events. Times are in milliseconds.
 * @typedef {object} RunState
 * @property {string} [threadId]
 * @property {boolean} acknowledged
 * @property {number} heardAt time of the last sign of life
 * @property {number} [missingSince] time since which an event is missing
 * @property {number} [resumedAt] time of the last `resume` that is not served yet
 * @property {string} [error] code of the error after which no more events come
 */

export class ClientState {
  /** @type {Response[]} */
  responses = [];
  /** @type {Map<string, RunEvents>} runs by id, in the order of their first events */
  runs = new Map();
  /** @type {any[]} events of services, repetitions included */
  pushes = [];
  /** Number of `resume` requests that were sent because something was missing. */
  gaps = 0;
  /** @type {Map<string, RunState>} */
  #states = new Map();
  /** @type {Map<string, Request>} requests that are not answered yet, by id */
  #open = new Map();
  /** @type {Map<string, number>} starts that were refused for now, and the times at which they are repeated */
  #refused = new Map();
  #receivedAt = 0;
  #pingedAt = Infinity;
  #resumes = 0;

  /** @param {{retry?: boolean}} [options] `retry`: starts that were refused for now are repeated */
  constructor({ retry = false } = {}) {
    this.retry = retry;
  }

  /** Notes that a request is about to be sent. @param {Request} request */
  sending(request) {
    this.#open.set(request.id, request);
  }

  /** Notes that a connection is open. @param {number} now @returns {Request[]} the first requests on it */
  opened(now) {
    this.#receivedAt = now;
    this.#pingedAt = Infinity;
    this.#refused.clear();
    const unanswered = [...this.#open.values()].filter(({ action }) => action !== 'resume');
    const unfinished = [...this.#states].filter(([id, state]) => this.#unfinished(id, state));
    return [...unanswered, ...unfinished.map(([id, state]) => this.#resume(id, state, now))];
  }

  /** Takes in one event or response. @param {any} line @param {number} now */
  received(line, now) {
    this.#receivedAt = now;
    this.#pingedAt = Infinity;
    if (line.specversion !== undefined) {
      this.pushes.push(line);
    } else if (line.type === 'push') {
      // Its id is that of the event, and may be equal to that of a request.
      this.pushes.push(line.event);
    } else if (line.type === undefined) {
      // API Gateway's own error. It names no request.
      this.responses.push({ type: 'error', code: 'unavailable', gateway: line });
      if (this.retry) for (const id of this.#open.keys()) this.#refused.set(id, now + RETRY_MS);
    } else if (/^[A-Z]/.test(line.type)) {
      this.#event(line, now);
    } else {
      this.responses.push(line);
      this.#response(line, now);
    }
  }

  /** @param {number} now @returns {Request[]} the requests to send now */
  due(now) {
    const again = [...this.#refused].filter(([, at]) => at <= now).flatMap(([id]) => this.#resend(id));
    const overdue = [...this.#states].filter(([id, state]) => this.#overdue(id, state, now));
    this.gaps += overdue.length;
    const requests = [...again, ...overdue.map(([id, state]) => this.#resume(id, state, now))];
    if (now - this.#receivedAt < PING_MS || this.#pingedAt !== Infinity) return requests;
    this.#pingedAt = now;
    return [...requests, { action: 'ping', id: 'ping', t: now }];
  }

  /** Returns whether a ping was not answered in time. @param {number} now */
  dead(now) {
    return now - this.#pingedAt >= PONG_MS;
  }

  /** Code of the error after which no more events of an unfinished run come. @param {string} id */
  resumeError(id) {
    return this.#states.get(id)?.error;
  }

  /**
   * Subscribes to another run, from its first event on.
   * @param {string} id
   * @param {string} threadId
   * @param {number} now
   */
  subscribe(id, threadId, now) {
    const state = this.#run(id, now);
    return this.#resume(id, Object.assign(state, { threadId, acknowledged: true }), now);
  }

  /** @param {RunEvent} event @param {number} now */
  #event(event, now) {
    const id = event.metadata['lw.run'];
    const state = this.#run(id, now);
    if (!this.runs.has(id)) this.runs.set(id, new RunEvents());
    const events = this.#events(id);
    const before = events.last;
    events.add(event);
    if (event.type === 'RUN_STARTED') state.threadId ??= event.threadId;
    // An event that changes nothing may be a late post of a worker that lost the run, so it is no sign of life.
    if (events.last > before) Object.assign(state, { resumedAt: undefined, heardAt: now });
    state.missingSince = events.wanted && (state.missingSince ?? now);
  }

  /** @param {Response} response @param {number} now */
  #response(response, now) {
    const request = this.#open.get(response.id);
    if (response.id !== undefined) this.#open.delete(response.id);
    if (response.type === 'error') this.#error(response, request, now);
    else if (response.type === 'ack') this.#acknowledged(response, request, now);
    else if (response.type === 'alive' || response.type === 'resumed') this.#progress(response, now);
  }

  /** @param {Response} response @param {Request | undefined} request @param {number} now */
  #error(response, request, now) {
    const resumed = request?.action === 'resume' ? request.runId : undefined;
    if (resumed && FINAL_ERRORS.includes(response.code)) this.#run(resumed, now).error = response.code;
    if (!request || resumed || !response.retryable || !this.retry) return;
    // A start without a run id could begin two runs.
    if (request.action === 'prompt' && !request.runId) return;
    this.#open.set(request.id, request);
    this.#refused.set(request.id, now + (response.retryAfterMs ?? RETRY_MS));
  }

  /** @param {Response} response @param {Request | undefined} request @param {number} now */
  #acknowledged(response, request, now) {
    if (!response.runId || !['prompt', 'run'].includes(response.action)) return;
    const state = this.#run(response.runId, now);
    Object.assign(state, { threadId: response.threadId, acknowledged: true });
    // Events that the run emitted before this client was its subscriber are missing.
    if (response.duplicate && request && response.status !== 'waiting') state.missingSince ??= now - GAP_MS;
  }

  /** Compares a run's last event with those received. @param {Response} response @param {number} now */
  #progress(response, now) {
    const state = this.#run(response.runId, now);
    state.heardAt = now;
    const events = this.#events(response.runId);
    const complete = events.last >= response.last && (events.ended || !ENDED.includes(response.status));
    const served = response.type === 'resumed';
    if (served) state.resumedAt = undefined;
    if (!complete) state.missingSince = served ? now : (state.missingSince ?? now);
    else if (!events.wanted) state.missingSince = undefined;
  }

  /** @param {string} id @param {RunState} state @param {number} now */
  #overdue(id, state, now) {
    if (!this.#unfinished(id, state) || now - (state.resumedAt ?? -Infinity) < RESUME_MS) return false;
    if (state.missingSince !== undefined) return now - state.missingSince >= GAP_MS || this.#events(id).behind;
    return now - state.heardAt >= SILENCE_MS;
  }

  /** @param {string} id @param {RunState} state */
  #unfinished(id, state) {
    return !state.error && !this.#events(id).ended && (state.acknowledged || this.runs.has(id));
  }

  /** @param {string} id @param {RunState} state @param {number} now @returns {Request} */
  #resume(id, state, now) {
    state.resumedAt = now;
    state.heardAt = now;
    this.#resumes += 1;
    const { last: after, epoch } = this.#events(id);
    const request = {
      action: 'resume',
      id: `resume-${this.#resumes}`,
      threadId: state.threadId,
      runId: id,
      after,
      epoch,
    };
    // This request replaces earlier requests for the same run.
    for (const [open, { action, runId }] of this.#open)
      if (action === 'resume' && runId === id) this.#open.delete(open);
    this.#open.set(request.id, request);
    return request;
  }

  /** @param {string} id @returns {Request[]} */
  #resend(id) {
    this.#refused.delete(id);
    const request = this.#open.get(id);
    return request ? [request] : [];
  }

  /** @param {string} id @param {number} now @returns {RunState} */
  #run(id, now) {
    const state = this.#states.get(id) ?? { acknowledged: false, heardAt: now };
    this.#states.set(id, state);
    return state;
  }

  /** @param {string} id */
  #events(id) {
    return this.runs.get(id) ?? new RunEvents();
  }
}
