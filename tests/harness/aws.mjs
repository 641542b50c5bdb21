// Access to MiniStack's queues and tables, as an operator has it.

import { gunzipSync } from 'node:zlib';

import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

import { until } from './deadline.mjs';
import { stack } from './stack.mjs';

const OWNER = 'anonymous';

/** @type {{sqs: SQSClient, dynamodb: DynamoDBClient} | undefined} */
let made;

function clients() {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint: stack().ministack, region: stack().region, credentials };
  made ??= { sqs: new SQSClient(options), dynamodb: new DynamoDBClient(options) };
  return made;
}

/** Counts the messages of a queue: visible, delayed and in flight. @param {string} url */
async function depth(url) {
  const names = /** @type {const} */ ([
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesDelayed',
    'ApproximateNumberOfMessagesNotVisible',
  ]);
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] });
  const { Attributes = {} } = await clients().sqs.send(command);
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

/** Counts the messages in the dead-letter queue. */
export function deadLetters() {
  return depth(stack().dead_letter_url);
}

/** Empties the dead-letter queue for the tests that follow. */
export async function purgeDeadLetters() {
  await clients().sqs.send(new PurgeQueueCommand({ QueueUrl: stack().dead_letter_url }));
}

/** Counts the messages that are visible, delayed or in flight. */
export function queuedMessages() {
  return depth(stack().queue_url);
}

/** Waits until the queue is empty. @param {number} [ms] */
export async function queueEmpty(ms) {
  await drained(stack().queue_url, ms);
}

/** Sends the message of a run again, as SQS may at any time. @param {string} threadId @param {string} runId */
export async function redeliver(threadId, runId) {
  await sendJob({ v: 2, owner: OWNER, threadId, runId });
}

/** Sends a message to the queue. @param {object} job */
export async function sendJob(job) {
  await sendMessage(stack().queue_url, JSON.stringify(job));
}

/** Sends a message to a queue. @param {string} QueueUrl @param {string} MessageBody */
export async function sendMessage(QueueUrl, MessageBody) {
  await clients().sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

/** Waits until a queue has no messages, visible or in flight. @param {string} url @param {number} [ms] */
export async function drained(url, ms) {
  await until('the queue is empty', async () => (await depth(url)) === 0, ms);
}

/** Reads an attribute of a queue. @param {string} QueueUrl @param {'QueueArn' | 'VisibilityTimeout'} name */
export async function queueAttribute(QueueUrl, name) {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] });
  return /** @type {string} */ ((await clients().sqs.send(command)).Attributes?.[name]);
}

/**
 * Sets the visibility timeout of a queue until the test ends.
 * @param {import('node:test').TestContext} t
 * @param {string} QueueUrl
 * @param {number} seconds
 */
export async function setVisibility(t, QueueUrl, seconds) {
  const set = (/** @type {string} */ VisibilityTimeout) =>
    clients().sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
  const before = await queueAttribute(QueueUrl, 'VisibilityTimeout');
  t.after(() => set(before));
  await set(String(seconds));
}

/**
 * Lets a message of the queue of jobs be received once until the test ends; then it moves to the dead-letter queue.
 * @param {import('node:test').TestContext} t
 */
export async function receiveOnce(t) {
  const QueueUrl = stack().queue_url;
  const names = /** @type {const} */ (['RedrivePolicy']);
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
  const before = (await clients().sqs.send(command)).Attributes?.RedrivePolicy ?? '';
  const set = (/** @type {string} */ RedrivePolicy) =>
    clients().sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
  t.after(() => set(before));
  await set(JSON.stringify({ ...JSON.parse(before), maxReceiveCount: 1 }));
}

/** Creates a queue. @param {string} QueueName */
export async function createQueue(QueueName) {
  const { QueueUrl = '' } = await clients().sqs.send(new CreateQueueCommand({ QueueName }));
  return { url: QueueUrl, arn: await queueAttribute(QueueUrl, 'QueueArn') };
}

/** Receives and deletes all messages of a queue. @param {string} QueueUrl @returns {Promise<string[]>} their bodies */
export async function takeMessages(QueueUrl) {
  const { Messages = [] } = await clients().sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  for (const { ReceiptHandle } of Messages) {
    await clients().sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return Messages.map(({ Body = '' }) => Body);
}

/** Sends a message to the queue of replays, as scripts/revoke does. @param {string} connection */
export async function sendConnectionJob(connection) {
  const MessageBody = JSON.stringify({ v: 1, connection });
  await clients().sqs.send(new SendMessageCommand({ QueueUrl: stack().replay_queue_url, MessageBody }));
}

/** Reads the control row of a run, or undefined. @param {string} threadId @param {string} runId @param {string} [owner] */
export async function runRow(threadId, runId, owner = OWNER) {
  const Key = { thread: { S: `${owner}/${threadId}` }, item: { S: `RUN#${runId}` } };
  const command = new GetItemCommand({ TableName: stack().tables.threads, Key, ConsistentRead: true });
  const { Item } = await clients().dynamodb.send(command);
  return Item && unmarshall({ M: Item });
}

/**
 * Waits until a run has ended.
 * @param {string} threadId
 * @param {string} runId
 * @param {number} [ms]
 * @param {string} [owner]
 */
export function endedRow(threadId, runId, ms, owner = OWNER) {
  return until(
    `run ${runId} has ended`,
    async () => {
      const row = await runRow(threadId, runId, owner);
      return ['finished', 'failed', 'cancelled'].includes(row?.status) && row;
    },
    ms,
  );
}

/** Reads all items of a thread. @param {string} threadId @returns {Promise<any[]>} */
export async function threadItems(threadId) {
  const query = {
    TableName: stack().tables.threads,
    ConsistentRead: true,
    KeyConditionExpression: 'thread = :thread',
    ExpressionAttributeValues: { ':thread': { S: `${OWNER}/${threadId}` } },
  };
  const items = [];
  for await (const { Items = [] } of paginateQuery({ client: clients().dynamodb }, query)) items.push(...Items);
  return items.map((item) => unmarshall({ M: item }));
}

/** Reads a run's event log. @param {string} threadId @param {string} runId @returns {Promise<any[]>} */
export async function loggedEvents(threadId, runId) {
  const batches = (await threadItems(threadId)).filter(({ item }) => item.startsWith(`LOG#${runId}#`));
  const lines = batches.flatMap(({ gzip }) => String(gunzipSync(gzip)).split('\n'));
  return lines.map((line) => JSON.parse(line));
}

/** Reads the row of a connection, or undefined. @param {string} id */
export async function connectionRow(id) {
  const Key = { connection: { S: id } };
  const command = new GetItemCommand({ TableName: stack().tables.connections, Key, ConsistentRead: true });
  const { Item } = await clients().dynamodb.send(command);
  return Item && unmarshall({ M: Item });
}

/** Reads an item of a user, or undefined. @param {string} user @param {string} item */
export async function userItem(user, item) {
  const Key = { user: { S: user }, item: { S: item } };
  const command = new GetItemCommand({ TableName: stack().tables.users, Key, ConsistentRead: true });
  const { Item } = await clients().dynamodb.send(command);
  return Item && unmarshall({ M: Item });
}

/**
 * What a user has spent, once nothing is reserved.
 * @param {string} user
 */
export function settledBudget(user) {
  return until('everything is settled', async () => {
    const budget = await userItem(user, 'BUDGET');
    return budget?.open && Object.keys(budget.open).length === 0 && budget;
  });
}

/** Lets all reservations of a user expire. @param {string} user */
export async function expireReservations(user) {
  const { open } = /** @type {any} */ (await userItem(user, 'BUDGET'));
  for (const reservation of Object.values(open)) reservation.until = 1;
  await clients().dynamodb.send(
    new UpdateItemCommand({
      TableName: stack().tables.users,
      Key: { user: { S: user }, item: { S: 'BUDGET' } },
      UpdateExpression: 'SET #open = :open',
      ExpressionAttributeNames: { '#open': 'open' },
      ExpressionAttributeValues: { ':open': marshall(open) },
    }),
  );
}

/** Sets an attribute of a connection's row. @param {string} id @param {string} field @param {any} value */
export async function setConnectionAttribute(id, field, value) {
  await clients().dynamodb.send(
    new UpdateItemCommand({
      TableName: stack().tables.connections,
      Key: { connection: { S: id } },
      UpdateExpression: 'SET #field = :value',
      ExpressionAttributeNames: { '#field': field },
      ExpressionAttributeValues: { ':value': marshall(value) },
    }),
  );
}

/** Reads all items of a table. @param {'threads' | 'connections' | 'users'} table @returns {Promise<any[]>} */
export async function allItems(table) {
  const items = [];
  const scan = paginateScan({ client: clients().dynamodb }, { TableName: stack().tables[table] });
  for await (const { Items = [] } of scan) items.push(...Items);
  return items;
}

/** Writes an item. @param {'threads' | 'connections'} table @param {Record<string, any>} item */
export async function putItem(table, item) {
  await clients().dynamodb.send(new PutItemCommand({ TableName: stack().tables[table], Item: marshall(item).M }));
}

/**
 * Sets one attribute of a run's row.
 * @param {string} threadId
 * @param {string} runId
 * @param {string} field
 * @param {any} value
 */
export function setAttribute(threadId, runId, field, value) {
  return setItemAttribute(threadId, `RUN#${runId}`, field, value);
}

/**
 * Sets one attribute of an item of a thread.
 * @param {string} threadId
 * @param {string} item
 * @param {string} field
 * @param {any} value
 */
export async function setItemAttribute(threadId, item, field, value) {
  await clients().dynamodb.send(
    new UpdateItemCommand({
      TableName: stack().tables.threads,
      Key: { thread: { S: `${OWNER}/${threadId}` }, item: { S: item } },
      UpdateExpression: 'SET #field = :value',
      ExpressionAttributeNames: { '#field': field },
      ExpressionAttributeValues: { ':value': marshall(value) },
    }),
  );
}

/** Deletes the item of a thread itself, as its expiry does. @param {string} threadId @param {string} [owner] */
export async function expireThread(threadId, owner = OWNER) {
  const Key = { thread: { S: `${owner}/${threadId}` }, item: { S: 'META' } };
  await clients().dynamodb.send(new DeleteItemCommand({ TableName: stack().tables.threads, Key }));
}

/** Converts a value to DynamoDB's JSON. @param {any} value @returns {any} */
function marshall(value) {
  if (Array.isArray(value)) return { L: value.map(marshall) };
  if (typeof value === 'object')
    return { M: Object.fromEntries(Object.entries(value).map(([key, of]) => [key, marshall(of)])) };
  if (typeof value === 'number') return { N: String(value) };
  return typeof value === 'boolean' ? { BOOL: value } : { S: value };
}

/** Converts a value from DynamoDB's JSON. @param {any} value @returns {any} */
function unmarshall(value) {
  const [[kind, inner]] = Object.entries(value);
  if (kind === 'M') return Object.fromEntries(Object.entries(inner).map(([key, of]) => [key, unmarshall(of)]));
  if (kind === 'L') return inner.map(unmarshall);
  if (kind === 'N') return Number(inner);
  return kind === 'NULL' ? null : inner;
}
