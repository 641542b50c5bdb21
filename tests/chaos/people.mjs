// The people of the chaos: each has a thread of their own, prompts, waits, cancels, and never gives up.

import { fresh, loyal } from '../harness/client.mjs';
import { scenario } from '../harness/simulator.mjs';

/** @typedef {import('../harness/client.mjs').Client} Client */
/** @typedef {import('../harness/random.mjs').Random} Random */
/** @typedef {{id: string, threadId: string, client: Client}} Started */

const words = (/** @type {number} */ count) => `${'word '.repeat(count)}end.`;
const call = (/** @type {string} */ location) => ({ tool: 'get_weather', input: { location } });

/** What is asked; the steps are short enough for a few to be finished between two blows. */
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
/** After how many events of a run it is cancelled. None: at its ack, also while it is queued. */
const CANCEL_AFTER = [0, 0, 0, 1, 3, 10, 30];
const POLICIES = ['queue', 'queue', 'queue', 'reject', 'interrupt'];

export async function prepare() {
  for (const [name, steps] of Object.entries(SCENARIOS)) await scenario(name, steps);
}

export class Person {
  /** @type {Started[]} runs that were acknowledged */
  started = [];
  /** @type {string[]} what somebody was told that must not be told */
  surprises = [];

  /** @param {Client} client @param {Client} second another window on the same thread */
  constructor(client, second) {
    this.client = client;
    this.second = second;
    this.thread = /** @type {any} */ (client.options.query).thread;
  }

  /** @param {import('node:test').TestContext} t @returns {Promise<Person>} */
  static async come(t) {
    const thread = fresh('chaos');
    return new Person(await loyal(t, thread), await loyal(t, thread));
  }

  get clients() {
    return [this.client, this.second];
  }

  /** Prompts and waits, until the time is over. @param {Random} random @param {() => boolean} over */
  async live(random, over) {
    while (!over()) {
      const at = await this.#prompt(random);
      if (at && random.chance() < 0.15) await this.#cancel(at, random, over);
      else if (at && random.chance() < 0.8) await this.#patience(at, over);
    }
  }

  /** @param {Random} random @returns {Promise<Started | undefined>} */
  async #prompt(random) {
    const client = random.pick(this.clients);
    const runId = fresh('r');
    const options = { onGone: random.pick(['grace:120', 'finish']), ifBusy: random.pick(POLICIES) };
    // Who is refused for being one too many comes again by and by; chaos has no time for that.
    const prompt = { action: 'prompt', prompt: random.pick(PROMPTS), runId, options };
    const answer = await client.ask(prompt, 240_000).catch((error) => ({ type: 'error', code: error.message }));
    if (answer.type === 'ack') {
      const at = { id: runId, threadId: this.thread, client };
      this.started.push(at);
      return at;
    }
    if (answer.code !== 'thread_busy') this.surprises.push(`a prompt was answered with ${JSON.stringify(answer)}`);
    return undefined;
  }

  /** Cancels a run once some of its events have come, or its end has. @param {Started} at @param {Random} random @param {() => boolean} over */
  async #cancel({ id, client }, random, over) {
    const events = random.pick(CANCEL_AFTER);
    const come = () => {
      const { lines, ended } = client.runs.get(id) ?? { lines: [], ended: false };
      return ended || lines.length >= events;
    };
    await client.until(`${events} events of run ${id}`, () => come() || over(), 600_000);
    await this.client.ask({ action: 'cancel', threadId: this.thread, runId: id }, 240_000)
      .catch((error) => this.surprises.push(`a cancel: ${error.message}`));
  }

  /** @param {Started} at @param {() => boolean} over */
  async #patience({ id, client }, over) {
    await client.until('its end', () => client.runs.get(id)?.ended || over(), 600_000);
  }
}
