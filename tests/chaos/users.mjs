// Users of the chaos test. Each has a thread of its own, prompts, waits for the answer, and cancels some runs.

import { newId, reconnecting } from '../harness/client.mjs';
import { scenario } from '../harness/simulator.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('../harness/random.mjs').Random} Random */
/** @typedef {{id: string, threadId: string, client: Client}} Started */

const words = (/** @type {number} */ count) => `${'word '.repeat(count)}end.`;
const call = (/** @type {string} */ location) => ({ tool: 'get_weather', input: { location } });

/** Scenarios of the prompts. Their steps are short enough for some to finish between two faults. */
const SCENARIOS = {
  'chaos-text': { steps: [{ deltas_per_s: 20, blocks: [{ text: words(60) }] }] },
  'chaos-late': { steps: [{ ttft_ms: 2000, blocks: [{ text: words(3) }] }] },
  'chaos-tools': {
    steps: [
      { blocks: [{ text: 'Let me look.' }, call('Berlin'), call('Tokyo')] },
      { deltas_per_s: 20, blocks: [{ text: words(20) }, call('Rome')] },
      { deltas_per_s: 20, blocks: [{ text: words(20) }] },
    ],
  },
};
const PROMPTS = [...Object.keys(SCENARIOS).map((name) => `sim:${name}`), 'Hey!', 'How is the weather in New York?'];
/** Numbers of events after which a run is cancelled; 0 cancels it at its ack, also while it is queued. */
const CANCEL_AFTER = [0, 0, 0, 1, 3, 10, 30];
const POLICIES = ['queue', 'queue', 'queue', 'reject', 'interrupt'];

export async function prepare() {
  for (const [name, steps] of Object.entries(SCENARIOS)) await scenario(name, steps);
}

export class User {
  /** @type {Started[]} runs that were acknowledged */
  started = [];
  /** @type {string[]} responses that must not occur */
  violations = [];

  /** @param {Client} client @param {Client} second another connection on the same thread */
  constructor(client, second) {
    this.client = client;
    this.second = second;
    this.thread = /** @type {any} */ (client.options.query).thread;
  }

  /** @param {import('node:test').TestContext} t @returns {Promise<User>} */
  static async create(t) {
    const thread = newId('chaos');
    return new User(await reconnecting(t, thread), await reconnecting(t, thread));
  }

  get clients() {
    return [this.client, this.second];
  }

  /** Prompts, waits and cancels until the time is over. @param {Random} random @param {() => boolean} over */
  async act(random, over) {
    while (!over()) {
      const at = await this.#prompt(random);
      if (at && random.chance() < 0.15) await this.#cancel(at, random, over);
      else if (at && random.chance() < 0.8) await this.#waitForEnd(at, over);
    }
  }

  /** @param {Random} random @returns {Promise<Started | undefined>} */
  async #prompt(random) {
    const client = random.pick(this.clients);
    const runId = newId('r');
    const options = { onGone: random.pick(['grace:120', 'finish']), ifBusy: random.pick(POLICIES) };
    const request = { action: 'prompt', prompt: random.pick(PROMPTS), runId, options };
    const response = await client.request(request, 240_000).catch((error) => ({ type: 'error', code: error.message }));
    if (response.type === 'ack') {
      const at = { id: runId, threadId: this.thread, client };
      this.started.push(at);
      return at;
    }
    if (response.code !== 'thread_busy') this.violations.push(`response to a prompt: ${JSON.stringify(response)}`);
    return undefined;
  }

  /**
   * Cancels a run after a number of its events, or at its end.
   * @param {Started} at
   * @param {Random} random
   * @param {() => boolean} over
   */
  async #cancel({ id, client }, random, over) {
    const events = random.pick(CANCEL_AFTER);
    const received = () => {
      const run = client.runs.get(id);
      return run?.ended || (run?.events.length ?? 0) >= events;
    };
    await client.until(`${events} events of run ${id}`, () => received() || over(), 600_000);
    await this.client
      .request({ action: 'cancel', threadId: this.thread, runId: id }, 240_000)
      .catch((error) => this.violations.push(`response to a cancel: ${error.message}`));
  }

  /** @param {Started} at @param {() => boolean} over */
  async #waitForEnd({ id, client }, over) {
    await client.until(`the end of run ${id}`, () => client.runs.get(id)?.ended || over(), 600_000);
  }
}
