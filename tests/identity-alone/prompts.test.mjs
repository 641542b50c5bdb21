// Prompts of services by the event bus and by the queue. Alone, because messages that are refused stay in the queue.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drained, sendMessage, setVisibility, takeMessages } from '../harness/aws.mjs';
import { cloudEvent, putEvent, received, runOf } from '../harness/push.mjs';
import { PROMPT_SOURCE, stack } from '../harness/stack.mjs';
import { user } from '../harness/users.mjs';

const PROMPT = 'Tell me what happened.';

test('a source in the list starts a run by the event bus, and no other source and no message does', async (t) => {
  await setVisibility(t, stack().push_queue_url, 1);
  const { sub, client } = await user(t);
  const { threadId } = await client.request({ action: 'hello' });
  const [listed, other, queued] = [cloudEvent(), cloudEvent(), cloudEvent()];
  const request = (/** @type {object} */ event) => ({ target: { userId: sub }, event, prompt: PROMPT });
  await putEvent(JSON.stringify(request(other)), { Source: 'com.acme.tests' });
  const envelope = { 'detail-type': 'longwire.push', source: PROMPT_SOURCE, detail: request(queued) };
  await sendMessage(stack().push_queue_url, JSON.stringify(envelope));
  await drained(stack().push_queue_url, 60_000);
  const refused = (await takeMessages(stack().push_dead_letter_url)).map((body) => JSON.parse(body).detail.event.id);
  assert.deepEqual(refused.sort(), [other.id, queued.id].sort());
  assert.deepEqual(await received(client), [], 'a prompt that is refused delivers nothing');
  assert.equal(client.runs.size, 0);

  await putEvent(JSON.stringify(request(listed)), { Source: PROMPT_SOURCE });
  const [runId] = await client.until('a run', ({ runs }) => runs.size > 0 && [...runs.keys()]);
  await runOf(client, { threadId, runId }).success();
  assert.deepEqual(await received(client), [listed]);
});
