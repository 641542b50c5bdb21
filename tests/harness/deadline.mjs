// Waiting for a condition, with a deadline.

/** Default deadline. It allows for two cores that are shared with a compiler. */
export const DEADLINE_MS = 15_000;

const POLL_MS = 40;

/**
 * Polls until `look` returns something truthy and returns that. An error that `look` throws means "not yet"; it is the
 * cause of the failure when the deadline passes.
 * @template T
 * @param {string} what for the error's text
 * @param {() => T | Promise<T>} look
 * @param {number} [ms]
 * @returns {Promise<Exclude<NonNullable<T>, false>>}
 */
export async function until(what, look, ms = DEADLINE_MS) {
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
 * Returns the promise's result, or throws when it takes longer than `ms`.
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export async function within(what, promise, ms = DEADLINE_MS) {
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
