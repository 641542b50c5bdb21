// Tables of invalid requests and of unusual valid ones.

const KB = 1024;
const PROMPT = 24 * KB;
const INVALID = 'invalid_message';

/** @param {object} more fields that replace or extend those of a valid prompt */
const prompt = (more) => ({ action: 'prompt', id: 'q', prompt: 'Hey!', ...more });
/** @param {object} more */
const history = (more) => ({ action: 'history', id: 'q', ...more });
/** @param {object} more fields that replace or extend those of a valid approval */
const approval = (more) => ({ action: 'approval', id: 'q', interruptId: 'i_tc_1', approved: true, ...more });
/** @param {unknown} resume */
const resuming = (resume) => ({ action: 'run', id: 'q', runId: 'r', messages: [], resume });
/** @param {number} count */
const tools = (count) =>
  Array.from({ length: count }, (_, at) => ({ name: `t${at}`, description: 'a tool', parameters: { type: 'object' } }));

/** @type {[string, unknown, string, RegExp?][]} name, request, the error's code, the field in its message */
export const REFUSED = [
  ['incomplete JSON', '{"action":"prompt","prompt":"Hey', 'invalid_json'],
  ['JSON with a trailing comma', '{"prompt":"Hey!",}', 'invalid_json'],
  ['JSON followed by text', '{"prompt":"Hey!"} and more', 'invalid_json'],
  ['two requests in one frame', '{"prompt":"Hey!"}\n{"prompt":"Hey!"}', 'invalid_json'],
  ['an open brace', '{', 'invalid_json'],
  ['an open bracket', '[', 'invalid_json'],
  ['single quotes', "{'prompt':'Hey!'}", 'invalid_json'],
  ['a raw control character in a string', '{"prompt":"Hey\u0001!"}', 'invalid_json'],
  ['a lone surrogate', '{"prompt":"\\ud83d"}', 'invalid_json'],
  ['a lone low surrogate', '{"prompt":"a\\udc00b"}', 'invalid_json'],
  ['nested five thousand deep', '['.repeat(5000) + ']'.repeat(5000), 'invalid_json'],
  [
    'nested five thousand deep in a field',
    `{"prompt":"Hey!","x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    'invalid_json',
  ],
  ['a number that is too large', '{"action":"ping","t":1e999}', 'invalid_json'],

  ['an array', '[]', INVALID],
  ['an array of requests', '[{"prompt":"Hey!"}]', INVALID],
  ['an empty object', '{}', INVALID, /action|prompt/],
  ['an object without a prompt', { id: 'q', hello: 'world' }, INVALID, /action|prompt/],
  ['an action that is a number', { action: 1, id: 'q' }, INVALID, /action/],
  ['an action that is an object', { action: {}, id: 'q' }, INVALID, /action/],
  ['an unknown action', { action: 'dance', id: 'q' }, 'unknown_action', /dance/],
  ['an empty action', { action: '', id: 'q' }, 'unknown_action'],
  ['an action in upper case', { action: 'PROMPT', id: 'q', prompt: 'Hey!' }, 'unknown_action', /PROMPT/],
  ['the name of a route', { action: '$connect', id: 'q' }, 'unknown_action', /\$connect/],
  ['the name of the default route', { action: '$default', id: 'q' }, 'unknown_action', /\$default/],
  ['a run without messages', { id: 'q', threadId: 't', runId: 'r', messages: [] }, INVALID, /messages/],

  ['an id that is a number', { ...prompt({}), id: 7 }, INVALID, /id/],
  ['an id of 65 characters', { ...prompt({}), id: 'x'.repeat(65) }, INVALID, /id/],

  ['a prompt action without a prompt', { action: 'prompt', id: 'q' }, INVALID, /prompt/],
  ['an empty prompt', prompt({ prompt: '' }), INVALID, /prompt/],
  ['a blank prompt', prompt({ prompt: ' \n\t ' }), INVALID, /prompt/],
  ['a prompt of control characters', prompt({ prompt: '\u0000\u0007\u001b' }), INVALID, /prompt/],
  ['a prompt that is a number', prompt({ prompt: 42 }), INVALID, /prompt/],
  ['a prompt that is an array', prompt({ prompt: ['Hey!'] }), INVALID, /prompt/],
  ['a prompt that is null', prompt({ prompt: null }), INVALID, /prompt/],
  ['a prompt of 24 KB and one byte', prompt({ prompt: 'x'.repeat(PROMPT + 1) }), 'payload_too_large', /prompt/],
  [
    'a prompt of 24 KB and one byte in two-byte characters',
    prompt({ prompt: `${'ä'.repeat(PROMPT / 2)}x` }),
    'payload_too_large',
    /prompt/,
  ],
  ['a request of 31 KB', prompt({ prompt: 'x'.repeat(31 * KB) }), 'payload_too_large', /prompt/],
  ['a plain text of 31 KB', 'x'.repeat(31 * KB), 'payload_too_large', /prompt/],
  ['a plain text of spaces', '   ', INVALID, /prompt/],
  ['an empty message field', { message: '', id: 'q' }, INVALID, /message/],
  ['a story type that is a number', { storyType: 7, id: 'q' }, INVALID, /storyType/],
  ['an empty story type', { storyType: '', id: 'q' }, INVALID, /storyType/],

  ['an empty thread id', prompt({ threadId: '' }), INVALID, /threadId/],
  ['a thread id with a slash', prompt({ threadId: 'anonymous/t1' }), INVALID, /threadId/],
  ['a thread id with a space', prompt({ threadId: 'a b' }), INVALID, /threadId/],
  ['a thread id with #', prompt({ threadId: 'RUN#1' }), INVALID, /threadId/],
  ['a thread id of 129 characters', prompt({ threadId: 'x'.repeat(129) }), INVALID, /threadId/],
  ['a thread id with a non-ASCII letter', prompt({ threadId: 'é' }), INVALID, /threadId/],
  ['a thread id with a line break', prompt({ threadId: 'a\n' }), INVALID, /threadId/],
  ['a thread id that is a number', prompt({ threadId: 1 }), INVALID, /threadId/],
  ['a session id with a slash', { message: 'Hey!', sessionId: 'a/b', id: 'q' }, INVALID, /sessionId/],
  ['a run id of 129 characters', prompt({ runId: 'x'.repeat(129) }), INVALID, /runId/],
  ['an empty run id', prompt({ runId: '' }), INVALID, /runId/],
  ['a run id that is an object', prompt({ runId: {} }), INVALID, /runId/],
  ['a message id with a quote', prompt({ messageId: 'a"b' }), INVALID, /messageId/],

  ['an unknown format', prompt({ format: 'xml' }), 'unsupported_format', /format/],
  ['a format that is a number', prompt({ format: 1 }), INVALID, /format/],
  ['an unknown response', prompt({ response: 'raw' }), 'unsupported_format', /response/],
  [
    'another protocol version',
    { action: 'hello', id: 'q', protocolVersion: '2.0' },
    'unsupported_version',
    /protocolVersion/,
  ],
  ['a protocol version that is a number', { action: 'hello', id: 'q', protocolVersion: 1 }, INVALID, /protocolVersion/],

  ['options that are an array', prompt({ options: [] }), INVALID, /options/],
  ['reasoning that is a string', prompt({ options: { reasoning: 'yes' } }), INVALID, /reasoning/],
  ['an unknown onGone', prompt({ options: { onGone: 'never' } }), INVALID, /onGone/],
  ['a grace of 0', prompt({ options: { onGone: 'grace:0' } }), INVALID, /onGone/],
  ['a grace of 901', prompt({ options: { onGone: 'grace:901' } }), INVALID, /onGone/],
  ['a negative grace', prompt({ options: { onGone: 'grace:-1' } }), INVALID, /onGone/],
  ['an unknown ifBusy', prompt({ options: { ifBusy: 'wait' } }), INVALID, /ifBusy/],

  ['tools that are an object', prompt({ tools: {} }), INVALID, /tools/],
  ['33 tools', prompt({ tools: tools(33) }), INVALID, /tools/],
  ['a tool without a name', prompt({ tools: [{ description: 'x', parameters: {} }] }), INVALID, /name/],
  ['a tool name of 65 characters', prompt({ tools: [{ name: 'x'.repeat(65), parameters: {} }] }), INVALID, /name/],
  ['a tool name with a space', prompt({ tools: [{ name: 'get it', parameters: {} }] }), INVALID, /name/],
  ['a schema that is a string', prompt({ tools: [{ name: 'a', parameters: 'object' }] }), INVALID, /parameters/],
  [
    'schemas of more than 16 KB',
    prompt({ tools: [{ name: 'a', parameters: { x: 'x'.repeat(16 * KB) } }] }),
    'payload_too_large',
    /tools/,
  ],
  ['a context that is a string', prompt({ context: 'de-DE' }), INVALID, /context/],
  ['a context without its value', prompt({ context: [{ description: 'locale' }] }), INVALID, /context|value/],

  ['an approval without its interrupt', approval({ interruptId: null }), INVALID, /interruptId/],
  ['an interrupt id with a slash', approval({ interruptId: 'i/tc_1' }), INVALID, /interruptId/],
  ['an approval that does not say what', approval({ approved: null }), INVALID, /approved/],
  ['an approval that is a string', approval({ approved: 'yes' }), INVALID, /approved/],
  ['a reason for an approval', approval({ reason: 'cheap' }), INVALID, /reason/],
  ['a reason that is a number', approval({ approved: false, reason: 7 }), INVALID, /reason/],
  ['a reason that is blank', approval({ approved: false, reason: ' ' }), INVALID, /reason/],
  [
    'a reason of 1,001 bytes',
    approval({ approved: false, reason: `${'ä'.repeat(500)}x` }),
    'payload_too_large',
    /reason/,
  ],
  ['edited arguments of a denied call', approval({ approved: false, editedArgs: {} }), INVALID, /editedArgs/],
  ['edited arguments that are text', approval({ editedArgs: '{}' }), INVALID, /editedArgs/],
  ['edited arguments that are an array', approval({ editedArgs: [] }), INVALID, /editedArgs/],
  ['answers that are an object', resuming({}), INVALID, /resume/],
  ['an answer without its interrupt', resuming([{ status: 'cancelled' }]), INVALID, /interruptId/],
  ['an answer of an unknown status', resuming([{ interruptId: 'i_tc_1', status: 'later' }]), INVALID, /status/],
  [
    'an answer without a decision',
    resuming([{ interruptId: 'i_tc_1', status: 'resolved' }]),
    INVALID,
    /payload|approved/,
  ],

  ['a history of 0 messages', history({ limit: 0 }), INVALID, /limit/],
  ['a history of -1 messages', history({ limit: -1 }), INVALID, /limit/],
  ['a history of 1.5 messages', history({ limit: 1.5 }), INVALID, /limit/],
  ['a history of too many messages', history({ limit: 1_000_000 }), INVALID, /limit/],
  ['a history before an invalid position', history({ before: '../../etc' }), INVALID, /before/],
  ['a history of an invalid thread id', history({ threadId: 'a/b' }), INVALID, /threadId/],
  ['a ping whose time is a string', { action: 'ping', id: 'q', t: 'now' }, INVALID, /\bt\b/],
];

/** @type {[string, unknown][]} */
export const ACCEPTED = [
  ['a prompt of exactly 24 KB', prompt({ prompt: 'Hey! '.padEnd(PROMPT, 'x') })],
  ['a request of 31 KB with a short prompt', prompt({ padding: 'x'.repeat(31 * KB) })],
  ['a request of exactly 32 KB', `{"prompt":"Hey!","x":"${'x'.repeat(32 * KB - 24)}"}`],
  ['an id of 64 characters', { ...prompt({}), id: 'x'.repeat(64) }],
  ['a thread id of 128 characters', prompt({ threadId: `${process.pid}.${Date.now()}:`.padEnd(128, 'x-_.:') })],
  ['fields that are null', prompt({ threadId: null, runId: null, options: null, tools: null })],
  ['a duplicate key', '{"prompt":"Bye!","prompt":"Hey!"}'],
  ['surrounding white space', '  \n {"prompt":"Hey!"} \n '],
  ['an escaped surrogate pair', '{"prompt":"Hey \\ud83d\\ude00"}'],
  ['control characters in a text', prompt({ prompt: 'Hey\u0000 \u001b[31m you' })],
  ['empty tools and context', prompt({ tools: [], context: [] })],
  ['32 tools', prompt({ tools: tools(32) })],
  ['a grace of 900', prompt({ options: { onGone: 'grace:900' } })],
  ['a JSON string', '"Hey!"'],
  ['a number', '42'],
  ['a text with a byte order mark', '\ufeffHey!'],
  ['a right-to-left text', 'مرحبا'],
  ['a new thread', prompt({ threadId: `t_${process.pid}_${Date.now()}` })],
];
