// The expiry of a thread's wait for its client.

import { setItemAttribute } from './aws.mjs';
import { until } from './deadline.mjs';
import { invoke } from './functions.mjs';
import { metaOf } from './thread.mjs';

/** A second ago, in seconds since 1970. */
const past = () => Math.floor(Date.now() / 1000) - 1;

/** Lets the wait of a thread expire. A sweep does not notice it before `sweepWait`. @param {string} threadId */
export async function expireWait(threadId) {
  const { pending } = await metaOf(threadId);
  await setItemAttribute(threadId, 'META', 'pending', { ...pending, until: past() });
}

/** Lets a sweep end the expired wait of a thread. @param {string} threadId */
export async function sweepWait(threadId) {
  await setItemAttribute(threadId, 'META', 'wakeBy', past());
  await until('a sweep ends the wait', async () => {
    await invoke('sweep');
    return (await metaOf(threadId)).pending === undefined;
  });
}
