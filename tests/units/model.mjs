// A run as a random server has it: crashes, zombies, hand-overs; and the network between it and its clients.

/** @typedef {import('../harness/delivery.mjs').Line} Line */
/** @typedef {import('../harness/random.mjs').Random} Random */

/** How often a worker dies on a run at most. */
const CRASHES = 3;
const STEPS = 4;

const line = (seq, epoch, more) => ({
  ...more,
  metadata: { 'lw.run': 'r', 'lw.seq': seq, ...(epoch > 1 && { 'lw.epoch': epoch }) },
});

export class Server {
  /** @type {Line[]} what the worker has in its memory */
  memory = [line(1, 1, { type: 'RUN_STARTED', threadId: 't' })];
  /** @type {Line[]} what is stored: what stands */
  log = [];
  /** @type {number[]} the last line that stood, for each restart */
  restarts = [];
  /** @type {Line[][]} what dead workers may still post */
  zombies = [];
  ended = false;
  #steps = 0;

  /** @param {Random} random */
  constructor(random) {
    this.random = random;
  }

  /** One more line, or the end of a step. */
  produce() {
    if (this.ended) return;
    if (this.random.chance() > 0.15) {
      this.#add({ type: 'TEXT_MESSAGE_CONTENT', delta: this.random.below(1e9) });
      return;
    }
    this.#add({ type: 'STEP_FINISHED', mark: this.random.below(1e9) });
    this.#steps += 1;
    this.ended = this.#steps === STEPS;
    if (this.ended) this.#add({ type: 'RUN_FINISHED' });
    this.log = [...this.memory];
  }

  /**
   * The worker dies and another takes over; its restart stands with the take-over's own write.
   * @returns {number | undefined} after which line it serves those who are connected, if a worker died
   */
  crash() {
    if (this.ended || this.restarts.length === CRASHES) return undefined;
    this.zombies.push(this.memory.slice(this.log.length).slice(0, 3));
    this.memory = this.log.length > 0 ? [...this.log] : this.memory.slice(0, 1);
    const keep = this.memory.length;
    this.restarts.push(keep);
    this.#add({ type: 'CUSTOM', name: 'lw.restart', value: { keep } });
    this.log = [...this.memory];
    return keep;
  }

  /** From where a resumption is served. @param {{after: number, epoch: number}} asked */
  from({ after, epoch }) {
    return Math.min(after, ...this.restarts.slice(epoch - 1));
  }

  /** @param {object} more */
  #add(more) {
    this.memory.push(line(this.memory.length + 1, this.restarts.length + 1, more));
  }
}
