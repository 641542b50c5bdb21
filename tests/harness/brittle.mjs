// The brittle stack and the proxy between its functions and AWS.

import { configure, setConcurrency, settingsOf } from './functions.mjs';
import { FaultProxy } from './proxy.mjs';
import { up } from './stack.mjs';

/** Environment variables that hold an endpoint of AWS; each begins with MiniStack's address. */
const ADDRESSES = [
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ENDPOINT_URL_EVENTBRIDGE',
  'CALLBACK_ENDPOINT',
];

/**
 * Starts the stack and the proxy.
 * @param {number} [workers] the event source's maximum concurrency, when it differs from the deployed one
 * @returns {Promise<{proxy: FaultProxy, address: string}>}
 */
export async function brittle(workers) {
  const stack = await up('brittle');
  const proxy = new FaultProxy(stack.ministack);
  const address = await proxy.listen();
  for (const name of Object.keys(stack.functions)) {
    const { timeout, variables } = await settingsOf(name, stack);
    const moved = Object.entries(variables)
      .filter(([variable]) => ADDRESSES.includes(variable))
      .map(([variable, value]) => [variable, value.replace(stack.ministack, address)]);
    await configure(name, { timeout, variables: { ...variables, ...Object.fromEntries(moved) } }, stack);
  }
  if (workers !== undefined) await setConcurrency(workers, stack);
  return { proxy, address };
}
