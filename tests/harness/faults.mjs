// What goes wrong on purpose between the functions and AWS. Pure: which rule a call meets, and what that leads to.

import { createHash, randomUUID } from 'node:crypto';

/**
 * A function's call of DynamoDB, SQS or @connections.
 * @typedef {object} Call
 * @property {number} at milliseconds since 1970
 * @property {string} [function] the function's folder, when its process was found
 * @property {number} [pid]
 * @property {string} operation such as `UpdateItem`, `SendMessage`, `PostToConnection`
 * @property {string} path
 * @property {string} body
 */

/**
 * What happens to a call. `fail`: it is not done, and answered with an error of the service. `lose`: it is done, and the
 * answer is lost. `conflict`: it is not done, because another transaction was at the item. `delay`: it is done later.
 * `hold`: it is not done until the rule is withdrawn, nor when its caller is gone by then. `swallow`: a message is not
 * sent, although the answer says so.
 * @typedef {'fail' | 'lose' | 'conflict' | 'delay' | 'hold' | 'swallow'} Effect
 */

/**
 * @typedef {object} Rule
 * @property {Effect} effect
 * @property {string | string[]} [operation] any, unless said
 * @property {string} [function] any, unless said
 * @property {string | string[]} [holding] all of these are in the call's path or body
 * @property {number} [times] how many calls it meets (default 1)
 * @property {number} [after] how many calls it lets pass first
 * @property {number} [ms] how long `delay` waits
 */

/** Rules in force, and how often each was met. */
export class Rules {
  /** @type {{id: string, rule: Rule, passed: number, met: number}[]} */
  #rules = [];
  #last = 0;

  /** @param {Rule} rule @returns {string} its id */
  add(rule) {
    this.#last += 1;
    const id = String(this.#last);
    this.#rules.push({ id, rule, passed: 0, met: 0 });
    return id;
  }

  /** @param {string} id */
  withdraw(id) {
    this.#rules = this.#rules.filter((each) => each.id !== id);
  }

  clear() {
    this.#rules = [];
  }

  /** @param {string} id */
  has(id) {
    return this.#rules.some((each) => each.id === id);
  }

  /** How many calls a rule met. @param {string} id */
  met(id) {
    return this.#rules.find((each) => each.id === id)?.met ?? 0;
  }

  /** The first rule that a call meets, with its id. @param {Call} call @returns {(Rule & {id: string}) | undefined} */
  meet(call) {
    for (const each of this.#rules) {
      const { rule } = each;
      if (!matches(rule, call) || each.met >= (rule.times ?? 1)) continue;
      if (each.passed < (rule.after ?? 0)) {
        each.passed += 1;
        continue;
      }
      each.met += 1;
      return { ...rule, id: each.id };
    }
    return undefined;
  }
}

/** @param {Rule} rule @param {Call} call */
function matches(rule, call) {
  const operations = rule.operation === undefined ? [call.operation] : [rule.operation].flat();
  return operations.includes(call.operation)
    && (rule.function === undefined || rule.function === call.function)
    && [rule.holding ?? []].flat().every((text) => mentions(call, text));
}

/** @param {Call} call @param {string} text */
export function mentions({ path, body }, text) {
  return body.includes(text) || decodeURIComponent(path).includes(text);
}

/** What SQS answers when it has taken a message; the checksum is compared by its clients. @param {string} message */
function sent(message) {
  return { MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(message).digest('hex') };
}

/** The operation that a request asks for. @param {import('node:http').IncomingMessage} request */
export function operationOf({ method, url = '', headers }) {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  if (method === 'POST' && url.includes('/@connections/')) return 'PostToConnection';
  return `${method} ${url.split('?')[0]}`;
}

/**
 * The answer to a call that is not done, in the words of its service ("Error handling with DynamoDB", "Amazon SQS
 * common errors").
 * @param {Call} call
 * @param {Effect} effect
 * @returns {{status: number, type: string, body: object}}
 */
export function refusal({ operation, body }, effect) {
  if (effect === 'swallow') return { status: 200, type: '', body: sent(JSON.parse(body).MessageBody) };
  if (effect !== 'conflict') {
    return { status: 500, type: 'InternalServerError', body: { message: 'The service failed, as the test asked.' } };
  }
  if (operation !== 'TransactWriteItems') {
    return { status: 400, type: 'TransactionConflictException', body: { message: 'Another transaction is at the item.' } };
  }
  const items = JSON.parse(body).TransactItems.length;
  const reasons = Array.from({ length: items }, (_, at) => ({ Code: at === 0 ? 'TransactionConflict' : 'None' }));
  const told = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${told}]`;
  return { status: 400, type: 'TransactionCanceledException', body: { Message: message, CancellationReasons: reasons } };
}
