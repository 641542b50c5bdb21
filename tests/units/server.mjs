// A random server of one run, with crashes of its workers and posts of workers that lost the run.

/** @typedef {import('../harness/run-events.mjs').RunEvent} RunEvent */
/** @typedef {import('../harness/random.mjs').Random} Random */

/** Most crashes of a run. */
const CRASHES = 3;
const STEPS = 4;

/** @param {number} seq @param {number} epoch @param {{type: string, [field: string]: any}} more @returns {RunEvent} */
const numbered = (seq, epoch, more) => ({
  ...more,
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
});

export class Server {
  /** @type {RunEvent[]} the worker's event buffer */
  buffer = [numbered(1, 1, { type: 'RUN_STARTED', threadId: 't' })];
  /** @type {RunEvent[]} the durable event log: the valid events */
  log = [];
  /** @type {number[]} the last valid event of each restart */
  restarts = [];
  /** @type {RunEvent[][]} events that workers which lost the run may still post */
  stale = [];
  ended = false;
  #steps = 0;

  /** @param {Random} random */
  constructor(random) {
    this.random = random;
  }

  /** Emits one event, or the end of a step, which is committed to the event log. */
  produce() {
    if (this.ended) return;
    if (this.random.chance() > 0.15) {
      this.#emit({ type: 'TEXT_MESSAGE_CONTENT', delta: this.random.below(1e9) });
      return;
    }
    this.#emit({ type: 'STEP_FINISHED', mark: this.random.below(1e9) });
    this.#steps += 1;
    this.ended = this.#steps === STEPS;
    if (this.ended) this.#emit({ type: 'RUN_FINISHED' });
    this.log = [...this.buffer];
  }

  /**
   * Kills the worker and reclaims the run, whose restart is committed with the claim.
   * @returns {number | undefined} the new cursor of all subscribers, if a worker was killed
   */
  crash() {
    if (this.ended || this.restarts.length === CRASHES) return undefined;
    this.stale.push(this.buffer.slice(this.log.length).slice(0, 3));
    this.buffer = this.log.length > 0 ? [...this.log] : this.buffer.slice(0, 1);
    const keep = this.buffer.length;
    this.restarts.push(keep);
    this.#emit({ type: 'CUSTOM', name: 'lw.restart', value: { keep } });
    this.log = [...this.buffer];
    return keep;
  }

  /** Returns the cursor from which a `resume` is served. @param {{after: number, epoch: number}} request */
  cursorOf({ after, epoch }) {
    return Math.min(after, ...this.restarts.slice(epoch - 1));
  }

  /** @param {{type: string, [field: string]: any}} event */
  #emit(event) {
    this.buffer.push(numbered(this.buffer.length + 1, this.restarts.length + 1, event));
  }
}
