// Events about runs on the event bus: a queue of a service that listens, and what it received.

import assert from 'node:assert/strict';

import { createQueue, takeMessages } from './aws.mjs';
import { newId } from './client.mjs';
import { until } from './deadline.mjs';
import { callService } from './push.mjs';
import { stack } from './stack.mjs';

/** @typedef {Record<string, any> & {id: string, type: string, subject: string}} RunEvent */

/** Deadline for an event. Its function may have to start first, and others wait in the same stream. */
export const EVENT_MS = 60_000;

/** @param {string} operation @param {object} body @returns {Promise<any>} */
async function events(operation, body) {
  const headers = { 'x-amz-target': `AWSEvents.${operation}` };
  const answer = await callService('events', 'application/x-amz-json-1.1', headers, JSON.stringify(body));
  return answer === '' ? undefined : JSON.parse(answer);
}

/**
 * Adds a rule to the event bus, with a target, until the test ends.
 * @param {import('node:test').TestContext} t
 * @param {object} pattern
 * @param {string} Arn of the target
 * @param {object} [more] of the target
 */
export async function rule(t, pattern, Arn, more = {}) {
  const bus = { EventBusName: stack().event_bus };
  const Name = newId('rule');
  await events('PutRule', { ...bus, Name, EventPattern: JSON.stringify(pattern) });
  await events('PutTargets', { ...bus, Rule: Name, Targets: [{ Id: 'target', Arn, ...more }] });
  t.after(async () => {
    await events('RemoveTargets', { ...bus, Rule: Name, Ids: ['target'] });
    await events('DeleteRule', { ...bus, Name });
  });
}

/** A service that listens to the events about runs, by a rule and a queue of its own. */
export class Listener {
  /** @type {any[]} */
  #received = [];

  /** @param {string} url of the queue */
  constructor(url) {
    this.url = url;
  }

  /** @param {import('node:test').TestContext} t */
  static async of(t) {
    const { url, arn } = await createQueue(newId('runs'));
    await rule(t, { source: ['longwire.runs'] }, arn);
    return new Listener(url);
  }

  /** Events of EventBridge that have arrived for a run, in the envelope. @param {string} runId @returns {Promise<any[]>} */
  async envelopes(runId) {
    for (let bodies = ['']; bodies.length > 0; ) {
      bodies = await takeMessages(this.url);
      this.#received.push(...bodies.map((body) => JSON.parse(body)));
    }
    return this.#received.filter(({ detail }) => detail.subject === runId);
  }

  /** Events about a run that have arrived. @param {string} runId @returns {Promise<RunEvent[]>} */
  async events(runId) {
    return (await this.envelopes(runId)).map(({ detail }) => detail);
  }

  /** Waits for the event about a run. @param {string} runId @param {number} [count] @returns {Promise<RunEvent>} */
  async event(runId, count = 1) {
    const found = await until(
      `${count} events about ${runId}`,
      async () => {
        const all = await this.events(runId);
        return all.length >= count && all;
      },
      EVENT_MS,
    );
    assert.equal(found.length, count, JSON.stringify(found));
    return found[0];
  }
}
