// The transcript of docs/protocol.md section 9.

const RUN = 'r_41xq';
const THREAD = 't_8k2m';

const PROMPT = 'How is the weather in New York?';

/** @param {number} inputTokens @param {number} outputTokens */
const usage = (inputTokens, outputTokens) => ({ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens });

const input = {
  threadId: THREAD,
  runId: RUN,
  messages: [{ id: 'u_1', role: 'user', content: PROMPT }],
  tools: [],
  context: [],
  state: {},
  forwardedProps: {},
};

/** @returns {import('../harness/run-events.mjs').RunEvent[]} a new copy */
export function newYork() {
  const events = [
    { type: 'RUN_STARTED', threadId: THREAD, runId: RUN, protocolVersion: '1.0', input },
    { type: 'STEP_STARTED', stepName: 'turn-1' },
    {
      type: 'TOOL_CALL_START',
      toolCallId: 'tc_1',
      toolCallName: 'get_weather',
      parentMessageId: 'm_3',
      metadata: { 'lw.executor': 'server' },
    },
    { type: 'TOOL_CALL_ARGS', toolCallId: 'tc_1', delta: '{"location":"New York"}' },
    { type: 'TOOL_CALL_END', toolCallId: 'tc_1' },
    {
      type: 'STEP_FINISHED',
      stepName: 'turn-1',
      metadata: { 'lw.stopReason': 'tool_use', 'lw.usage': usage(410, 52), 'lw.latencyMs': 1420 },
    },
    { type: 'CUSTOM', name: 'lw.status', value: { text: 'Looking up the weather…', toolCallId: 'tc_1' } },
    {
      type: 'TOOL_CALL_RESULT',
      messageId: 'm_4',
      toolCallId: 'tc_1',
      content: 'It is sunny in New York',
      role: 'tool',
      metadata: { 'lw.outcome': 'success', 'lw.ms': 41 },
    },
    { type: 'STEP_STARTED', stepName: 'turn-2' },
    { type: 'TEXT_MESSAGE_START', messageId: 'm_5', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm_5', delta: 'It is sunny in New York.' },
    { type: 'TEXT_MESSAGE_END', messageId: 'm_5' },
    {
      type: 'STEP_FINISHED',
      stepName: 'turn-2',
      metadata: { 'lw.stopReason': 'end_turn', 'lw.usage': usage(480, 19), 'lw.latencyMs': 760 },
    },
    {
      type: 'RUN_FINISHED',
      threadId: THREAD,
      runId: RUN,
      outcome: { type: 'success' },
      usage: [{ provider: 'bedrock', model: 'a-model', ...usage(890, 71) }],
    },
  ];
  const numbered = events.map((event, at) => ({
    ...event,
    metadata: { 'lw.seq': at + 1, 'lw.run': RUN, ...event.metadata },
  }));
  return structuredClone(numbered);
}

/**
 * The same conversation where the call of the tool needs approval: the run that asks, and the run that follows.
 * @returns {import('../harness/run-events.mjs').RunEvent[][]} a new copy
 */
export function approvedNewYork() {
  const events = newYork();
  const interrupt = {
    id: 'i_tc_1',
    reason: 'tool_call',
    message: 'The assistant wants to call the tool get_weather.',
    toolCallId: 'tc_1',
    responseSchema: { type: 'object', properties: { approved: { type: 'boolean' } }, required: ['approved'] },
    expiresAt: '2026-11-28T13:00:00Z',
  };
  const asked = { ...events[13], outcome: { type: 'interrupt', interrupts: [interrupt] } };
  const next = { ...events[0], runId: 'r_next', input: { ...input, runId: 'r_next', messages: [] } };
  return [
    [...events.slice(0, 6), asked],
    [next, ...events.slice(6, 13), { ...events[13], runId: 'r_next' }],
  ];
}
