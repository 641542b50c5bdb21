// Reproducible random numbers: the same seed gives the same numbers.

/** @typedef {{chance: () => number, below: (end: number) => number, pick: <T>(from: T[]) => T}} Random */

/** A small generator with 32 bits of state (mulberry32). @param {number} seed @returns {Random} */
export function random(seed) {
  let state = seed >>> 0;
  const chance = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ end) => Math.floor(chance() * end);
  return { chance, below, pick: (from) => from[below(from.length)] };
}
