// docs/protocol.md section 5: what a client remembers, and what it would say next. Pure: the time is passed in, in
// milliseconds, and what is to be sent is returned. Left out is the next socket before the two-hour limit.

import { Delivery } from './delivery.mjs';

/** @typedef {import('./delivery.mjs').Line} Line */
/** @typedef {{type: string, [field: string]: any}} Control */
/** @typedef {Record<string, any> & {action: string, id: string}} Message */
/** @typedef {'once' | 'until answered'} Effort how often something is said */

/** How long a missing line may still come by itself. */
const GAP_MS = 1000;
/** How long a resumption may take until it is asked for again. */
const PATIENCE_MS = 5000;
/** A running run that says nothing for so long is asked for. */
const SILENCE_MS = 40_000;
/** How long a refused start waits until it is sent again, unless the refusal says so. */
const REFUSED_MS = 1000;
const PING_MS = 240_000;
const PONG_MS = 10_000;

const ENDED = ['finished', 'failed', 'cancelled'];
/** Codes after which nothing more of a run can be had. */
const OVER = ['resume_expired', 'run_not_found', 'thread_not_found'];

/**
 * How long to wait before the next try to connect: at most half a second, doubled each time, at most 30 s.
 * @param {number} tries how many failed already
 * @param {number} chance from 0 to 1
 */
export function backoffMs(tries, chance) {
  return chance * Math.min(500 * 2 ** tries, 30_000);
}

/**
 * What is known of one run besides its lines.
 * @typedef {object} Known
 * @property {string} [threadId]
 * @property {boolean} acknowledged
 * @property {number} heard when something of it came last
 * @property {number} [missing] since when a line is missing
 * @property {number} [asked] when it was last resumed
 * @property {string} [over] why nothing more comes
 */

export class Book {
  /** @type {Control[]} */
  controls = [];
  /** @type {Map<string, Delivery>} runs by id, in the order they began */
  runs = new Map();
  /** How many resumptions were asked for because something was missing. */
  gaps = 0;
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** @type {Map<string, Message>} what was not answered yet, by id */
  #open = new Map();
  /** @type {Map<string, number>} starts that were refused for now, and when they are sent again */
  #refused = new Map();
  #heard = 0;
  #pinged = Infinity;
  #resumes = 0;

  /** @param {Effort} effort whether starts that were refused for now are repeated */
  constructor(effort = 'once') {
    this.effort = effort;
  }

  /** A message is about to be sent. @param {Message} message */
  sends(message) {
    this.#open.set(message.id, message);
  }

  /** A connection is open. @param {number} now @returns {Message[]} what is said on it first */
  opened(now) {
    this.#heard = now;
    this.#pinged = Infinity;
    this.#refused.clear();
    const asked = [...this.#open.values()].filter(({ action }) => action !== 'resume');
    const unfinished = [...this.#known].filter(([id, known]) => this.#wanting(id, known));
    return [...asked, ...unfinished.map(([id, known]) => this.#resume(id, known, now))];
  }

  /** One line came. @param {any} line @param {number} now */
  hears(line, now) {
    this.#heard = now;
    this.#pinged = Infinity;
    if (line.specversion !== undefined) return;
    if (line.type === undefined) {
      // API Gateway's own words. They answer a message that nobody can name.
      this.controls.push({ type: 'error', code: 'unavailable', gateway: line });
      if (this.effort !== 'once') for (const id of this.#open.keys()) this.#refused.set(id, now + REFUSED_MS);
    } else if (/^[A-Z]/.test(line.type)) {
      this.#event(line, now);
    } else {
      this.controls.push(line);
      this.#control(line, now);
    }
  }

  /** @param {number} now @returns {Message[]} what is to be said now */
  due(now) {
    const again = [...this.#refused].filter(([, at]) => at <= now).flatMap(([id]) => this.#again(id));
    const resumed = [...this.#known].filter(([id, known]) => this.#overdue(id, known, now));
    this.gaps += resumed.length;
    const said = [...again, ...resumed.map(([id, known]) => this.#resume(id, known, now))];
    if (now - this.#heard < PING_MS || this.#pinged !== Infinity) return said;
    this.#pinged = now;
    return [...said, { action: 'ping', id: 'ping', t: now }];
  }

  /** Whether the connection no longer answers. @param {number} now */
  dead(now) {
    return now - this.#pinged >= PONG_MS;
  }

  /** Why no more of a run comes, although its end did not. @param {string} id */
  over(id) {
    return this.#known.get(id)?.over;
  }

  /** Another run is watched, from its beginning on. @param {string} id @param {string} threadId @param {number} now */
  watches(id, threadId, now) {
    const known = this.#run(id, now);
    return this.#resume(id, Object.assign(known, { threadId, acknowledged: true }), now);
  }

  /** @param {Line} line @param {number} now */
  #event(line, now) {
    const id = line.metadata['lw.run'];
    const known = this.#run(id, now);
    if (!this.runs.has(id)) this.runs.set(id, new Delivery());
    const delivery = this.#delivery(id);
    const before = delivery.last;
    delivery.take(line);
    if (line.type === 'RUN_STARTED') known.threadId ??= line.threadId;
    // What a dead worker still says is no sign of life.
    if (delivery.last > before) Object.assign(known, { asked: undefined, heard: now });
    known.missing = delivery.wanted && (known.missing ?? now);
  }

  /** @param {Control} line @param {number} now */
  #control(line, now) {
    const asked = this.#open.get(line.id);
    if (line.id !== undefined) this.#open.delete(line.id);
    if (line.type === 'error') this.#refusal(line, asked, now);
    else if (line.type === 'ack') this.#acknowledged(line, asked, now);
    else if (line.type === 'alive' || line.type === 'resumed') this.#stands(line, now);
  }

  /** @param {Control} line @param {Message | undefined} asked @param {number} now */
  #refusal(line, asked, now) {
    const resumed = asked?.action === 'resume' ? asked.runId : undefined;
    if (resumed && OVER.includes(line.code)) this.#run(resumed, now).over = line.code;
    if (!asked?.runId || resumed || !line.retryable || this.effort === 'once') return;
    this.#open.set(asked.id, asked);
    this.#refused.set(asked.id, now + (line.retryAfterMs ?? REFUSED_MS));
  }

  /** @param {Control} line @param {Message | undefined} asked @param {number} now */
  #acknowledged(line, asked, now) {
    if (!line.runId || !['prompt', 'run'].includes(line.action)) return;
    const known = this.#run(line.runId, now);
    Object.assign(known, { threadId: line.threadId, acknowledged: true });
    // Whatever this run said while nobody knew of it is missing.
    if (line.duplicate && asked && line.status !== 'waiting') known.missing ??= now - GAP_MS;
  }

  /** How far a run is. @param {Control} line @param {number} now */
  #stands(line, now) {
    const known = this.#run(line.runId, now);
    known.heard = now;
    const delivery = this.#delivery(line.runId);
    const whole = delivery.last >= line.last && (delivery.ended || !ENDED.includes(line.status));
    const served = line.type === 'resumed';
    if (served) known.asked = undefined;
    if (!whole) known.missing = served ? now : known.missing ?? now;
    else if (!delivery.wanted) known.missing = undefined;
  }

  /** @param {string} id @param {Known} known @param {number} now */
  #overdue(id, known, now) {
    if (!this.#wanting(id, known) || now - (known.asked ?? -Infinity) < PATIENCE_MS) return false;
    if (known.missing !== undefined) return now - known.missing >= GAP_MS || this.#delivery(id).behind;
    return now - known.heard >= SILENCE_MS;
  }

  /** @param {string} id @param {Known} known */
  #wanting(id, known) {
    return !known.over && !this.#delivery(id).ended && (known.acknowledged || this.runs.has(id));
  }

  /** @param {string} id @param {Known} known @param {number} now @returns {Message} */
  #resume(id, known, now) {
    known.asked = now;
    known.heard = now;
    this.#resumes += 1;
    const { last: after, epoch } = this.#delivery(id);
    const message = { action: 'resume', id: `resume-${this.#resumes}`, threadId: known.threadId, runId: id, after, epoch };
    // A later one asks for the same again.
    for (const [open, { action, runId }] of this.#open) if (action === 'resume' && runId === id) this.#open.delete(open);
    this.#open.set(message.id, message);
    return message;
  }

  /** @param {string} id @returns {Message[]} */
  #again(id) {
    this.#refused.delete(id);
    const message = this.#open.get(id);
    return message ? [message] : [];
  }

  /** @param {string} id @param {number} now @returns {Known} */
  #run(id, now) {
    const known = this.#known.get(id) ?? { acknowledged: false, heard: now };
    this.#known.set(id, known);
    return known;
  }

  /** @param {string} id */
  #delivery(id) {
    return this.runs.get(id) ?? new Delivery();
  }
}
