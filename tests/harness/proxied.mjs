// The proxy of the brittle stack (harness/proxy.mjs) for one test on another stack. Functions are reconfigured for it, so
// no other test may use the stack at the same time.

import { reconfigure, settingsOf } from './functions.mjs';
import { FaultProxy } from './proxy.mjs';
import { stack } from './stack.mjs';

/**
 * Lets functions call SQS through a proxy until the test ends. `callsOf` and `inject` of harness/inject.mjs use it.
 * @param {import('node:test').TestContext} t
 * @param {string[]} functions their folders
 */
export async function proxied(t, functions) {
  const proxy = new FaultProxy(stack().ministack);
  const address = await proxy.listen();
  process.env.LONGWIRE_TESTS_PROXY = address;
  for (const name of functions) {
    const { variables } = await settingsOf(name);
    const endpoint = variables.AWS_ENDPOINT_URL_SQS.replace(stack().ministack, address);
    await reconfigure(t, name, { variables: { AWS_ENDPOINT_URL_SQS: endpoint } });
  }
  // Hooks run in their order, so the functions have their settings back before the proxy is closed.
  t.after(() => {
    delete process.env.LONGWIRE_TESTS_PROXY;
    proxy.close();
  });
}
