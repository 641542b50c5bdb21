// The brittle stack, with everything its functions ask of AWS going through the proxy.

import { configure, settingsOf, sideBySide } from './functions.mjs';
import { Proxy } from './proxy.mjs';
import { up } from './stack.mjs';

/** The variables that say where AWS is; what they say begins with MiniStack's address. */
const ADDRESSES = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_SQS', 'CALLBACK_ENDPOINT'];

/**
 * Starts both.
 * @param {number} [workers] how many may be at work at once, when not as many as are deployed
 * @returns {Promise<{proxy: Proxy, address: string}>}
 */
export async function brittle(workers) {
  const stack = await up('brittle');
  const proxy = new Proxy(stack.ministack);
  const address = await proxy.listen();
  for (const name of Object.keys(stack.functions)) {
    const { timeout, variables } = await settingsOf(name, stack);
    const moved = Object.entries(variables).filter(([variable]) => ADDRESSES.includes(variable))
      .map(([variable, value]) => [variable, value.replace(stack.ministack, address)]);
    await configure(name, { timeout, variables: { ...variables, ...Object.fromEntries(moved) } }, stack);
  }
  if (workers !== undefined) await sideBySide(workers, stack);
  return { proxy, address };
}
