// AG-UI's packages report some violations on the console only.

const METHODS = /** @type {const} */ (['debug', 'error', 'info', 'log', 'warn']);

/**
 * Runs a function and returns what it writes to the console. Calls must not overlap.
 * @param {() => Promise<void>} work
 * @returns {Promise<string[]>}
 */
export async function consoleOutput(work) {
  /** @type {string[]} */
  const output = [];
  const real = METHODS.map((name) => [name, console[name]]);
  for (const name of METHODS) console[name] = (...words) => output.push(`console.${name}: ${words.join(' ')}`);
  try {
    await work();
  } finally {
    Object.assign(console, Object.fromEntries(real));
  }
  return output;
}
