// Exactly-once, ordered delivery of a run's events, as a client has to do it (docs/protocol.md section 5). Pure: no
// clock, no socket.

/** @typedef {Record<string, any> & {type: string, metadata: Record<string, any>}} RunEvent */
/** @typedef {{after: number, epoch: number}} Position */

/** Most events that are kept while an earlier one is missing. */
const BUFFER = 500;

/** Events of one run as a client receives them. */
export class RunEvents {
  last = 0;
  epoch = 1;
  /** @type {RunEvent[]} the valid events, in order */
  events = [];
  /** @type {RunEvent[]} the events that a restart replaced */
  discarded = [];
  /** @type {Position | undefined} the position to resume from; undefined when nothing is missing */
  wanted;
  /** True when a restart was missed: the missing events do not come unless they are asked for. */
  behind = false;
  /** @type {Map<number, RunEvent>} */
  #early = new Map();

  /** @param {RunEvent} event */
  add(event) {
    const { 'lw.seq': seq, 'lw.epoch': epoch = 1 } = event.metadata;
    if (epoch < this.epoch) return;
    if (epoch > this.epoch) this.#restart(event, seq, epoch);
    else if (seq === this.last + 1) this.#append(event);
    else if (seq > this.last) this.#buffer(event, seq);
  }

  /** @returns {boolean} */
  get ended() {
    return ['RUN_FINISHED', 'RUN_ERROR'].includes(this.events.at(-1)?.type ?? '');
  }

  /** @param {RunEvent} event @param {number} seq @param {number} epoch */
  #restart(event, seq, epoch) {
    const keep = event.value?.keep;
    const restart = event.type === 'CUSTOM' && event.name === 'lw.restart';
    if (!restart || epoch !== this.epoch + 1 || this.last < keep) {
      this.wanted = { after: this.last, epoch: this.epoch };
      this.behind = true;
      return;
    }
    this.behind = false;
    this.discarded.push(...this.events.splice(keep));
    this.#early.clear();
    this.last = seq;
    this.epoch = epoch;
    this.wanted = undefined;
    this.events.push(event);
  }

  /** @param {RunEvent} event */
  #append(event) {
    /** @type {RunEvent | undefined} */
    let next = event;
    while (next) {
      this.events.push(next);
      this.last += 1;
      this.#early.delete(this.last);
      next = this.#early.get(this.last + 1);
    }
    this.wanted = this.#early.size > 0 ? { after: this.last, epoch: this.epoch } : undefined;
  }

  /** @param {RunEvent} event @param {number} seq */
  #buffer(event, seq) {
    if (this.#early.size < BUFFER) this.#early.set(seq, event);
    this.wanted = { after: this.last, epoch: this.epoch };
  }
}
