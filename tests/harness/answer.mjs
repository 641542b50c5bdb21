// Whether what wscat printed is one whole answer (docs/protocol.md, "Order and delivery").

const ENDED = /"type":"RUN_(FINISHED|ERROR)".*\n/;

/** Whether nothing more will come. @param {string} output */
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

/** AG-UI's events have upper-case types, control lines lower-case ones. @param {string[]} lines @returns {any[]} */
function events(lines) {
  return parsed(lines).filter(({ type }) => /^[A-Z]/.test(type));
}

/** The text of the answer. @param {string[]} lines */
export function text(lines) {
  return events(lines).filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT').map(({ delta }) => delta).join('');
}

/** What is wrong with an answer, in words. @param {string[]} lines one frame each @returns {string[]} */
export function complaints(lines) {
  const all = parsed(lines);
  const refusal = all.find(({ type }) => type === 'error');
  if (refusal) return [`refused: ${refusal.code}: ${refusal.message}`];
  if (!all.some(({ type, status }) => type === 'ack' && status === 'queued')) return ['no ack came'];
  const run = events(lines);
  const last = run.at(-1);
  if (last?.type === 'RUN_ERROR') return [`the run failed: ${last.code}: ${last.message}`];
  return [
    run[0]?.type === 'RUN_STARTED' ? '' : 'the run did not start',
    run.every(({ metadata }, at) => metadata?.['lw.seq'] === at + 1) ? '' : 'a line is missing or doubled',
    text(lines).trim() === '' ? 'there is no text' : '',
    last?.type === 'RUN_FINISHED' && last.outcome?.type === 'success' ? '' : 'the run did not finish',
  ].filter(Boolean);
}
