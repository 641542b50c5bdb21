// The messages of a thread, read from its lines in the plainest way: what AG-UI's client must arrive at as well.

/** @typedef {import('../harness/delivery.mjs').Line} Line */

/** @param {Line[]} lines @returns {any[]} */
export function read(lines) {
  /** @type {any[]} */
  const messages = [];
  for (const line of lines) READERS[line.type]?.(messages, line);
  return messages;
}

/** @type {Record<string, (messages: any[], line: Line) => void>} */
const READERS = {
  RUN_STARTED: (messages, line) => messages.push(...(line.input?.messages ?? [])),
  TEXT_MESSAGE_START: (messages, { messageId: id, role }) => messages.push({ id, role, content: '' }),
  TEXT_MESSAGE_CONTENT: append,
  REASONING_MESSAGE_START: (messages, { messageId: id, role }) => messages.push({ id, role, content: '' }),
  REASONING_MESSAGE_CONTENT: append,
  TOOL_CALL_START: call,
  TOOL_CALL_ARGS: argument,
  TOOL_CALL_RESULT: (messages, { messageId: id, toolCallId, role, content }) =>
    messages.push({ id, toolCallId, role, content }),
};

/** @param {any[]} messages @param {Line} line */
function append(messages, { messageId, delta }) {
  messages.find(({ id }) => id === messageId).content += delta;
}

/** @param {any[]} messages @param {Line} line */
function call(messages, { parentMessageId, toolCallId: id, toolCallName: name }) {
  let parent = messages.find((message) => message.id === parentMessageId);
  if (!parent) messages.push((parent = { id: parentMessageId, role: 'assistant' }));
  (parent.toolCalls ??= []).push({ id, type: 'function', function: { name, arguments: '' } });
}

/** @param {any[]} messages @param {Line} line */
function argument(messages, { toolCallId, delta }) {
  const calls = messages.flatMap((message) => message.toolCalls ?? []);
  calls.find(({ id }) => id === toolCallId).function.arguments += delta;
}
