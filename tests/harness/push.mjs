// Events of other services: the ways into the function `push`, and what a client received.

import assert from 'node:assert/strict';

import { drained, queueAttribute, sendMessage } from './aws.mjs';
import { newId } from './client.mjs';
import { Run } from './run.mjs';
import { stack } from './stack.mjs';

/** @typedef {Record<string, any> & {id: string}} CloudEvent */
/**
 * @typedef {{target: Record<string, string>, event: CloudEvent, durable?: boolean, ttlSeconds?: number, collapseKey?: string,
 *   prompt?: string}}
 * Request
 */
/**
 * @typedef {{id: string, delivered: number, gone: number, stored: number, queued?: number, threadId?: string, runId?: string}}
 * Answer
 */

/** Makes a CloudEvent with an id of its own. @param {Record<string, any>} [more] @returns {CloudEvent} */
export function cloudEvent(more = {}) {
  return {
    specversion: '1.0',
    id: newId('e'),
    source: '/tests',
    type: 'com.acme.shipped',
    data: { order: '42' },
    ...more,
  };
}

/** @param {string} body @param {Record<string, string>} [headers] */
function invocation(body, headers = {}) {
  const path = `2015-03-31/functions/${stack().functions.push}/invocations`;
  return fetch(`${stack().ministack}/${path}`, { method: 'POST', headers, body });
}

/**
 * Invokes the function and returns its answer, or its error.
 * @param {object | string} request text is sent as it is
 * @returns {Promise<{answer?: Answer, error?: {errorType: string, errorMessage: string}}>}
 */
export async function invokePush(request) {
  const response = await invocation(typeof request === 'string' ? request : JSON.stringify(request));
  const result = JSON.parse(await response.text());
  return response.headers.has('x-amz-function-error') ? { error: result } : { answer: result };
}

/** Pushes an event, and returns the answer of the function. @param {Request} request @returns {Promise<Answer>} */
export async function push(request) {
  const { answer, error } = await invokePush(request);
  assert.ok(answer, JSON.stringify(error));
  return answer;
}

/**
 * Calls a service of MiniStack for which the tests have no client.
 * @param {string} service
 * @param {string} type
 * @param {Record<string, string>} headers
 * @param {string} body
 */
export async function callService(service, type, headers, body) {
  const scope = `test/20260101/${stack().region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const response = await fetch(stack().ministack, {
    method: 'POST',
    headers: { 'content-type': type, authorization, ...headers },
    body,
  });
  const text = await response.text();
  assert.ok(response.ok, `${service}: ${response.status} ${text}`);
  return text;
}

/** @param {Record<string, string>} parameters @returns {Promise<string>} the response, in XML */
function sns(parameters) {
  const body = new URLSearchParams({ Version: '2010-03-31', ...parameters }).toString();
  return callService('sns', 'application/x-www-form-urlencoded', {}, body);
}

/** Publishes a message. @param {string} TopicArn @param {string} Message */
async function publish(TopicArn, Message) {
  await sns({ Action: 'Publish', TopicArn, Message });
}

/** @type {Promise<string> | undefined} */
let rawTopic;

/** Creates a topic whose messages the queue of the function gets without an envelope. @returns {Promise<string>} its ARN */
async function createRawTopic() {
  const created = await sns({ Action: 'CreateTopic', Name: newId('raw') });
  const [, arn] = /<TopicArn>(.*?)<\/TopicArn>/.exec(created) ?? [];
  await sns({
    Action: 'Subscribe',
    TopicArn: arn,
    Protocol: 'sqs',
    Endpoint: await queueAttribute(stack().push_queue_url, 'QueueArn'),
    'Attributes.entry.1.key': 'RawMessageDelivery',
    'Attributes.entry.1.value': 'true',
  });
  return arn;
}

/** Puts an event on the event bus. @param {string} Detail @param {{Source?: string, DetailType?: string}} [fields] */
export async function putEvent(Detail, fields = {}) {
  const entry = {
    EventBusName: stack().event_bus,
    Source: 'com.acme.tests',
    DetailType: 'longwire.push',
    Detail,
    ...fields,
  };
  const headers = { 'x-amz-target': 'AWSEvents.PutEvents' };
  const result = await callService(
    'events',
    'application/x-amz-json-1.1',
    headers,
    JSON.stringify({ Entries: [entry] }),
  );
  assert.equal(JSON.parse(result).FailedEntryCount, 0, result);
}

/** Run of an event, as a client on its thread gets it. @param {import('./client.mjs').Client} client @param {any} answer */
export function runOf(client, { threadId, runId }) {
  return new Run(client, /** @type {any} */ ({ type: 'ack', threadId, runId }));
}

/** Invokes the function without waiting for it. @param {string} body */
async function invokeLater(body) {
  const response = await invocation(body, { 'x-amz-invocation-type': 'Event' });
  assert.equal(response.status, 202);
}

/**
 * Ways to the queue of the function. MiniStack's topics and buses have put the message there when they respond.
 * @type {Record<string, (text: string) => Promise<void>>}
 */
const TO_THE_QUEUE = {
  'a message of the queue': (text) => sendMessage(stack().push_queue_url, text),
  'a message of the topic': (text) => publish(stack().push_topic_arn, text),
  'a message of a topic with raw delivery': async (text) => {
    rawTopic ??= createRawTopic();
    await publish(await rawTopic, text);
  },
  'an event of the bus': (text) => putEvent(text),
};

/** Ways of a request that AWS repeats when it fails. */
export const REPEATED_WAYS = { 'an invocation that nobody waits for': invokeLater, ...TO_THE_QUEUE };

/**
 * Ways of a request to the function, by name. Each returns when the function has carried out the request.
 * @type {Record<string, (request: object) => Promise<unknown>>}
 */
export const WAYS = {
  'an invocation': (request) => push(/** @type {Request} */ (request)),
  ...Object.fromEntries(Object.entries(TO_THE_QUEUE).map(([way, send]) => [way, queued(send)])),
};

/** Waits until the queue is empty. */
function queued(/** @type {(text: string) => Promise<void>} */ send) {
  return async (/** @type {object} */ request) => {
    await send(JSON.stringify(request));
    await drained(stack().push_queue_url);
  };
}

/**
 * Events that a client has received, repetitions included. The response to a ping comes after everything that was posted
 * before.
 * @param {import('./client.mjs').Client} client
 * @returns {Promise<CloudEvent[]>}
 */
export async function received(client) {
  await client.request({ action: 'ping', t: 1 });
  return client.catchUp().state.pushes;
}

/**
 * Events in `push` frames that have arrived, repetitions included, with their numbers in the inbox.
 * @param {import('./client.mjs').Client} client
 * @returns {{seq: number | undefined, event: CloudEvent}[]}
 */
export function numbered(client) {
  const lines = client.socket.frames.flatMap(({ text }) => text.split('\n'));
  const pushes = lines.filter((line) => line.startsWith('{"type":"push"')).map((line) => JSON.parse(line));
  return pushes.map(({ seq, event }) => ({ seq, event }));
}
