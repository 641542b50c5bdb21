// docs/protocol.md section 5: exactly once, in order, as a client has to do it. Pure; no clock, no socket.

/** @typedef {Record<string, any> & {type: string, metadata: Record<string, any>}} Line */
/** @typedef {{after: number, epoch: number}} Resume */

/** How many lines wait for a missing one at most. */
const BUFFER = 500;

/** One run as a client receives it. */
export class Delivery {
  last = 0;
  epoch = 1;
  /** @type {Line[]} what stands, in order */
  lines = [];
  /** @type {Line[]} what a restart made void */
  voided = [];
  /** @type {Resume | undefined} what a client would ask for now; undefined when nothing is missing */
  wanted;
  /** @type {Map<number, Line>} */
  #early = new Map();

  /** @param {Line} line */
  take(line) {
    const { 'lw.seq': seq, 'lw.epoch': epoch = 1 } = line.metadata;
    if (epoch < this.epoch) return;
    if (epoch > this.epoch) this.#restart(line, seq, epoch);
    else if (seq === this.last + 1) this.#deliver(line);
    else if (seq > this.last) this.#keep(line, seq);
  }

  /** Whether a restart was missed: waiting does not help, only asking. */
  behind = false;

  /** @returns {boolean} */
  get ended() {
    return ['RUN_FINISHED', 'RUN_ERROR'].includes(this.lines.at(-1)?.type ?? '');
  }

  /** @param {Line} line @param {number} seq @param {number} epoch */
  #restart(line, seq, epoch) {
    const keep = line.value?.keep;
    const stands = line.type === 'CUSTOM' && line.name === 'lw.restart';
    if (!stands || epoch !== this.epoch + 1 || this.last < keep) {
      this.wanted = { after: this.last, epoch: this.epoch };
      this.behind = true;
      return;
    }
    this.behind = false;
    this.voided.push(...this.lines.splice(keep));
    this.#early.clear();
    this.last = seq;
    this.epoch = epoch;
    this.wanted = undefined;
    this.lines.push(line);
  }

  /** @param {Line} line */
  #deliver(line) {
    /** @type {Line | undefined} */
    let next = line;
    while (next) {
      this.lines.push(next);
      this.last += 1;
      this.#early.delete(this.last);
      next = this.#early.get(this.last + 1);
    }
    this.wanted = this.#early.size > 0 ? { after: this.last, epoch: this.epoch } : undefined;
  }

  /** @param {Line} line @param {number} seq */
  #keep(line, seq) {
    if (this.#early.size < BUFFER) this.#early.set(seq, line);
    this.wanted = { after: this.last, epoch: this.epoch };
  }
}
