// Threads with items of a generation, which erase deletes.

import { putItem, setAttribute, threadItems } from './aws.mjs';
import { connect, newId } from './client.mjs';
import { idle } from './thread.mjs';

/**
 * Starts a run with a tool call and an answer on a thread of its own, and waits for its end.
 * @param {import('node:test').TestContext} t
 */
export async function answered(t) {
  const client = await connect(t, { query: { thread: newId('t') } });
  const run = await (await client.prompt('How is the weather in New York?')).success();
  await idle(run.threadId);
  const generation = await belong(run);
  await putItem('threads', { thread: `anonymous/${run.threadId}`, item: `MID#${generation}#u_1`, number: 1 });
  return { run, generation, items: await sortKeys(run.threadId) };
}

/** Makes a run part of its thread's present generation, which is returned. @param {import('./run.mjs').Run} run */
export async function belong({ threadId, id }) {
  const meta = (await threadItems(threadId)).find(({ item }) => item === 'META');
  await setAttribute(threadId, id, 'generation', meta.born);
  return /** @type {number} */ (meta.born);
}

/** Reads the sort keys of a thread's items. @param {string} threadId @returns {Promise<string[]>} */
export async function sortKeys(threadId) {
  return (await threadItems(threadId)).map(({ item }) => item);
}
