// Checks whether the output of wscat is one complete answer (docs/protocol.md, "Order and delivery").

const ENDED = /"type":"RUN_(FINISHED|ERROR)".*\n/;

/** Returns whether no more output is to come. @param {string} output */
export function answered(output) {
  return ENDED.test(output) || /"type":"error".*\n/.test(output);
}

/** @param {string[]} lines @returns {any[]} */
function parsed(lines) {
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** AG-UI events have upper-case types, responses lower-case ones. @param {string[]} lines @returns {any[]} */
function events(lines) {
  return parsed(lines).filter(({ type }) => /^[A-Z]/.test(type));
}

/** Text of the answer. @param {string[]} lines */
export function text(lines) {
  return events(lines)
    .filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT')
    .map(({ delta }) => delta)
    .join('');
}

/** Problems of an answer, as sentences. @param {string[]} lines one frame each @returns {string[]} */
export function problems(lines) {
  const all = parsed(lines);
  const error = all.find(({ type }) => type === 'error');
  if (error) return [`refused: ${error.code}: ${error.message}`];
  if (!all.some(({ type, status }) => type === 'ack' && status === 'queued')) return ['no ack came'];
  const run = events(lines);
  const last = run.at(-1);
  if (last?.type === 'RUN_ERROR') return [`the run failed: ${last.code}: ${last.message}`];
  return [
    run[0]?.type === 'RUN_STARTED' ? '' : 'the run did not start',
    run.every(({ metadata }, at) => metadata?.['lw.seq'] === at + 1) ? '' : 'an event is missing or duplicated',
    text(lines).trim() === '' ? 'there is no text' : '',
    last?.type === 'RUN_FINISHED' && last.outcome?.type === 'success' ? '' : 'the run did not finish',
  ].filter(Boolean);
}
