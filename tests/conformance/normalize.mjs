// Makes two transcripts of one conversation comparable: ids become numbers in order of appearance, numbers become their
// kind, successive deltas are joined.

/** @typedef {import('../harness/run-events.mjs').RunEvent} RunEvent */

const DELTAS = ['TEXT_MESSAGE_CONTENT', 'TOOL_CALL_ARGS', 'REASONING_MESSAGE_CONTENT'];
const IDS = ['threadId', 'runId', 'messageId', 'toolCallId', 'parentMessageId', 'id', 'lw.run'];

/** Metadata that is not in the transcript of docs/protocol.md section 9. */
const EXTRAS = ['lw.block', 'lw.origin'];

/** @param {RunEvent[]} events @returns {any[]} */
export function normalize(events) {
  /** @type {Map<string, string>} */
  const names = new Map();
  return joined(events).map((event) => normalized(event, '', names));
}

/** Joins the successive deltas of a message or call. @param {RunEvent[]} events @returns {RunEvent[]} */
function joined(events) {
  /** @type {RunEvent[]} */
  const all = [];
  for (const event of structuredClone(events)) {
    const before = all.at(-1);
    if (DELTAS.includes(event.type) && before?.type === event.type) before.delta += event.delta;
    else all.push(event);
  }
  return all;
}

/** @param {any} value @param {string} field @param {Map<string, string>} names @returns {any} */
function normalized(value, field, names) {
  if (Array.isArray(value)) return value.map((item) => normalized(item, field, names));
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  if (typeof value === 'string') return IDS.includes(field) ? nameOf(value, names) : value;
  if (value === null || typeof value !== 'object') return value;
  // Pairs, because the order of the fields is part of the protocol.
  return Object.entries(value)
    .filter(([key]) => !EXTRAS.includes(key))
    .map(([key, inner]) => [key, normalized(inner, key, names)]);
}

/** @param {string} id @param {Map<string, string>} names */
function nameOf(id, names) {
  if (!names.has(id)) names.set(id, `id ${names.size + 1}`);
  return names.get(id);
}
