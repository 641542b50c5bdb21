// Builds the messages of a thread from its events in the simplest way. AG-UI's client must arrive at the same ones.

/** @typedef {import('../harness/run-events.mjs').RunEvent} RunEvent */

/** @param {RunEvent[]} events @returns {any[]} */
export function messagesOf(events) {
  /** @type {any[]} */
  const messages = [];
  for (const event of events) HANDLERS[event.type]?.(messages, event);
  return messages;
}

/** @type {Record<string, (messages: any[], event: RunEvent) => void>} */
const HANDLERS = {
  RUN_STARTED: (messages, event) => messages.push(...(event.input?.messages ?? [])),
  TEXT_MESSAGE_START: (messages, { messageId: id, role }) => messages.push({ id, role, content: '' }),
  TEXT_MESSAGE_CONTENT: append,
  REASONING_MESSAGE_START: (messages, { messageId: id, role }) => messages.push({ id, role, content: '' }),
  REASONING_MESSAGE_CONTENT: append,
  TOOL_CALL_START: startCall,
  TOOL_CALL_ARGS: appendArguments,
  TOOL_CALL_RESULT: addResult,
};

/** @param {any[]} messages @param {RunEvent} event */
function append(messages, { messageId, delta }) {
  messages.find(({ id }) => id === messageId).content += delta;
}

/** @param {any[]} messages @param {RunEvent} event */
function startCall(messages, { parentMessageId, toolCallId: id, toolCallName: name }) {
  let parent = messages.find((message) => message.id === parentMessageId);
  if (!parent) {
    parent = { id: parentMessageId, role: 'assistant' };
    messages.push(parent);
  }
  parent.toolCalls ??= [];
  parent.toolCalls.push({ id, type: 'function', function: { name, arguments: '' } });
}

/** @param {any[]} messages @param {RunEvent} event */
function appendArguments(messages, { toolCallId, delta }) {
  const calls = messages.flatMap((message) => message.toolCalls ?? []);
  calls.find(({ id }) => id === toolCallId).function.arguments += delta;
}

/**
 * A result follows the message with its call and the results after it. That of a call of an earlier run, which was approved
 * meanwhile, is the last message.
 * @param {any[]} messages
 * @param {RunEvent} event
 */
function addResult(messages, { messageId: id, toolCallId, role, content }) {
  const call = messages.findIndex((message) =>
    message.toolCalls?.some((/** @type {any} */ each) => each.id === toolCallId),
  );
  let at = call < 0 ? messages.length : call + 1;
  while (messages[at]?.role === 'tool') at += 1;
  messages.splice(at, 0, { id, toolCallId, role, content });
}
