// Waiting: always for something, never for a time.

/** How long anything may take that says nothing else. Two cores, shared with a compiler, are slow. */
export const PATIENCE_MS = 15_000;

const POLL_MS = 40;

/**
 * Polls until `look` answers with something truthy and returns that; an error thrown by `look` counts as
 * "not yet" and is the cause of the failure when time runs out.
 * @template T
 * @param {string} what for the error's text
 * @param {() => T | Promise<T>} look
 * @param {number} [ms]
 * @returns {Promise<Exclude<NonNullable<T>, false>>}
 */
export async function until(what, look, ms = PATIENCE_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    let cause;
    try {
      const found = await look();
      if (found) return /** @type {any} */ (found);
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * The promise's result, or an error when it takes longer than `ms`.
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export async function within(what, promise, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}
