// Two transcripts of one conversation, made comparable: ids by order of appearance, numbers by their kind,
// pieces joined.

/** @typedef {import('../harness/delivery.mjs').Line} Line */

const PIECES = ['TEXT_MESSAGE_CONTENT', 'TOOL_CALL_ARGS', 'REASONING_MESSAGE_CONTENT'];
const IDS = ['threadId', 'runId', 'messageId', 'toolCallId', 'parentMessageId', 'id', 'lw.run'];

/** What a line may say beyond the transcript in docs/protocol.md section 9. */
const EXTRAS = ['lw.block', 'lw.origin'];

/** @param {Line[]} lines @returns {any[]} */
export function normal(lines) {
  /** @type {Map<string, string>} */
  const names = new Map();
  return joined(lines).map((line) => plain(line, '', names));
}

/** Neighbouring pieces of one thing as one line. @param {Line[]} lines @returns {Line[]} */
function joined(lines) {
  /** @type {Line[]} */
  const all = [];
  for (const line of structuredClone(lines)) {
    const before = all.at(-1);
    if (PIECES.includes(line.type) && before?.type === line.type) before.delta += line.delta;
    else all.push(line);
  }
  return all;
}

/** @param {any} value @param {string} field @param {Map<string, string>} names @returns {any} */
function plain(value, field, names) {
  if (Array.isArray(value)) return value.map((item) => plain(item, field, names));
  if (typeof value === 'number') return Number.isInteger(value) ? 'whole' : 'broken';
  if (typeof value === 'string') return IDS.includes(field) ? nameOf(value, names) : value;
  if (value === null || typeof value !== 'object') return value;
  // As pairs, because the order of the fields is part of the protocol.
  return Object.entries(value).filter(([key]) => !EXTRAS.includes(key))
    .map(([key, inner]) => [key, plain(inner, key, names)]);
}

/** @param {string} id @param {Map<string, string>} names */
function nameOf(id, names) {
  if (!names.has(id)) names.set(id, `id ${names.size + 1}`);
  return names.get(id);
}
