// The brittle stack, with everything its functions ask of AWS going through the proxy.

import { reconfigure } from './functions.mjs';
import { Proxy } from './proxy.mjs';
import { up } from './stack.mjs';

/** The variables that say where AWS is; what they say begins with MiniStack's address. */
const ADDRESSES = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_SQS', 'CALLBACK_ENDPOINT'];

/** Starts both. @returns {Promise<{proxy: Proxy, address: string}>} */
export async function brittle() {
  const stack = await up('brittle');
  const proxy = new Proxy(stack.ministack);
  const address = await proxy.listen();
  for (const name of Object.keys(stack.functions)) {
    const { variables: was } = await reconfigure(name, {}, stack);
    const moved = Object.entries(was).filter(([variable]) => ADDRESSES.includes(variable))
      .map(([variable, value]) => [variable, value.replace(stack.ministack, address)]);
    await reconfigure(name, { variables: Object.fromEntries(moved) }, stack);
  }
  return { proxy, address };
}
