// Killing a function's process, and putting one to sleep. Linux only, where /proc tells what became of it.

import { readFileSync } from 'node:fs';

import { until } from './deadline.mjs';

/** A process dies at once, without a word; returns when it is dead and what it held open is closed. @param {number} pid */
export async function kill(pid) {
  process.kill(pid, 'SIGKILL');
  await until(`${pid} is dead`, () => [undefined, 'Z', 'X'].includes(stateOf(pid)));
}

/**
 * Puts a process to sleep, until the returned function wakes it or the test ends: a process that sleeps takes no
 * notice of the stack's end.
 * @param {{after: (undo: () => void) => void}} t
 * @param {number} pid
 */
export function asleep(t, pid) {
  process.kill(pid, 'SIGSTOP');
  const wake = () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It is gone.
    }
  };
  t.after(wake);
  return wake;
}

/** @param {number} pid @returns {string | undefined} its state; nothing of a process that is gone */
function stateOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
  } catch {
    return undefined;
  }
}
