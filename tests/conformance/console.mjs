// AG-UI's packages complain on the console and go on; here a complaint is a finding.

const METHODS = /** @type {const} */ (['debug', 'error', 'info', 'log', 'warn']);

/**
 * Runs something and returns what was written to the console meanwhile. One at a time.
 * @param {() => Promise<void>} work
 * @returns {Promise<string[]>}
 */
export async function complaintsOf(work) {
  /** @type {string[]} */
  const heard = [];
  const real = METHODS.map((name) => [name, console[name]]);
  for (const name of METHODS) console[name] = (...words) => heard.push(`console.${name}: ${words.join(' ')}`);
  try {
    await work();
  } finally {
    Object.assign(console, Object.fromEntries(real));
  }
  return heard;
}
