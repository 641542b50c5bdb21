// Rules for faults between the functions and AWS, and the replies of faulty calls. Pure.

import { createHash, randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/**
 * A call of DynamoDB, SQS, EventBridge or @connections by a function.
 * @typedef {object} Call
 * @property {number} at milliseconds since 1970
 * @property {string} [function] name of the function's folder, if its process was found
 * @property {number} [pid]
 * @property {number} [port] the caller's port, which names its connection
 * @property {string} operation such as `UpdateItem`, `SendMessage`, `PostToConnection`
 * @property {string} path
 * @property {string} body
 */

/**
 * The effect of a rule on a call. `fail`: the call is not forwarded and gets an error of the service. `lose`: it is
 * forwarded and its response is lost. `conflict`: it is not forwarded and gets a transaction conflict. `delay`: it is
 * forwarded later. `hold`: it is forwarded when the rule is removed, unless its caller is gone by then. `swallow`: a
 * message is not sent, although the response says so. `refuse`: a post is not forwarded and gets the status of the rule.
 * `invalid`: the call is not forwarded and gets the error of an invalid request, such as an item that is too large.
 * `reject`: no entry of PutEvents is accepted, although the request succeeds.
 * `page`: a query is forwarded with a limit of one item, as if each item had a megabyte.
 * @typedef {'fail' | 'lose' | 'conflict' | 'delay' | 'hold' | 'swallow' | 'refuse' | 'invalid' | 'reject' | 'page'} Effect
 */

/**
 * @typedef {object} Rule
 * @property {Effect} effect
 * @property {string | string[]} [operation] default: any
 * @property {string} [function] default: any
 * @property {string | string[]} [containing] texts that the call's path or body contains, all of them
 * @property {number} [times] number of calls that it matches (default: 1)
 * @property {number} [after] number of calls that it lets pass first (default: 0)
 * @property {number} [ms] time that `delay` waits, in milliseconds (default: 1000)
 * @property {keyof typeof REFUSALS} [status] status with which `refuse` answers (default: 410)
 */

/** Errors of a post by status (API reference of PostToConnection). */
const REFUSALS = {
  403: { type: 'ForbiddenException', body: { message: 'Forbidden' } },
  410: { type: 'GoneException', body: { message: 'Gone' } },
  429: { type: 'LimitExceededException', body: { message: 'Too Many Requests' } },
  413: { type: 'PayloadTooLargeException', body: { message: 'Request Too Long' } },
};

/** Rules in force, with the number of calls that each matched. */
export class Rules {
  /** @type {{id: string, rule: Rule, passed: number, matched: number}[]} */
  #rules = [];
  #last = 0;

  /** @param {Rule} rule @returns {string} its id */
  add(rule) {
    this.#last += 1;
    const id = String(this.#last);
    this.#rules.push({ id, rule, passed: 0, matched: 0 });
    return id;
  }

  /** @param {string} id */
  remove(id) {
    this.#rules = this.#rules.filter((each) => each.id !== id);
  }

  clear() {
    this.#rules = [];
  }

  /** @param {string} id */
  has(id) {
    return this.#rules.some((each) => each.id === id);
  }

  /** Tells whether a rule is for the calls of one function only. */
  nameFunctions() {
    return this.#rules.some(({ rule }) => rule.function !== undefined);
  }

  /** Counts the calls that a rule matched. @param {string} id */
  matches(id) {
    return this.#rules.find((each) => each.id === id)?.matched ?? 0;
  }

  /**
   * Finds the first rule that matches a call and counts the match.
   * @param {Call} call
   * @returns {(Rule & {id: string}) | undefined}
   */
  match(call) {
    for (const each of this.#rules) {
      const { rule } = each;
      if (!matches(rule, call) || each.matched >= (rule.times ?? 1)) continue;
      if (each.passed < (rule.after ?? 0)) {
        each.passed += 1;
        continue;
      }
      each.matched += 1;
      return { ...rule, id: each.id };
    }
    return undefined;
  }
}

/** @param {Rule} rule @param {Call} call */
function matches(rule, call) {
  const operations = rule.operation === undefined ? [call.operation] : [rule.operation].flat();
  return (
    operations.includes(call.operation) &&
    (rule.function === undefined || rule.function === call.function) &&
    [rule.containing ?? []].flat().every((text) => contains(call, text))
  );
}

/** @param {Call} call @param {string} text */
export function contains({ path, body }, text) {
  return unpacked(body).includes(text) || decodeURIComponent(path).includes(text);
}

/** Unpacks the batches of event logs in the body of a request. @param {string} body */
function unpacked(body) {
  return body.replace(/"gzip":\{"B":"([^"]+)"\}/g, (_, packed) => String(gunzipSync(Buffer.from(packed, 'base64'))));
}

/** Result of `SendMessage`; SQS's clients compare the checksum. @param {string} message */
function sendMessageResult(message) {
  return { MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(message).digest('hex') };
}

/** Finds the operation of a request. @param {import('node:http').IncomingMessage} request */
export function operationOf({ method, url = '', headers }) {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  if (method === 'POST' && url.includes('/@connections/')) return 'PostToConnection';
  if (method === 'DELETE' && url.includes('/@connections/')) return 'DeleteConnection';
  return `${method} ${url.split('?')[0]}`;
}

/**
 * The response to a call that is not forwarded ("Error handling with DynamoDB", "Amazon SQS common errors").
 * @param {Call} call
 * @param {Pick<Rule, 'effect' | 'status'>} rule
 * @returns {{status: number, type: string, body: object}}
 */
export function reply({ operation, body }, { effect, status = 410 }) {
  if (effect === 'refuse') return { status, ...REFUSALS[status] };
  if (effect === 'swallow') return { status: 200, type: '', body: sendMessageResult(JSON.parse(body).MessageBody) };
  if (effect === 'reject') {
    const Entries = JSON.parse(body).Entries.map(() => ({
      ErrorCode: 'ThrottlingException',
      ErrorMessage: 'Rate exceeded',
    }));
    return { status: 200, type: '', body: { FailedEntryCount: Entries.length, Entries } };
  }
  if (effect === 'invalid') {
    const message = 'Item size has exceeded the maximum allowed size';
    return { status: 400, type: 'ValidationException', body: { message } };
  }
  if (effect !== 'conflict') {
    return { status: 500, type: 'InternalServerError', body: { message: 'A failure that the test injected.' } };
  }
  if (operation !== 'TransactWriteItems') {
    return {
      status: 400,
      type: 'TransactionConflictException',
      body: { message: 'Transaction is ongoing for the item' },
    };
  }
  const items = JSON.parse(body).TransactItems.length;
  const reasons = Array.from({ length: items }, (_, at) => ({ Code: at === 0 ? 'TransactionConflict' : 'None' }));
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return {
    status: 400,
    type: 'TransactionCanceledException',
    body: { Message: message, CancellationReasons: reasons },
  };
}
