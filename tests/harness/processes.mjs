// Killing and suspending the processes of functions. Linux only, because it reads /proc.

import { readFileSync } from 'node:fs';

import { until } from './deadline.mjs';

/** Kills a process and waits until its files and connections are closed. @param {number} pid */
export async function kill(pid) {
  process.kill(pid, 'SIGKILL');
  await until(`${pid} is dead`, () => [undefined, 'Z', 'X'].includes(stateOf(pid)));
}

/**
 * Suspends a process until the returned function is called or the test ends. A suspended process would not notice that
 * the stack is ended.
 * @param {{after: (undo: () => void) => void}} t
 * @param {number} pid
 */
export function suspend(t, pid) {
  process.kill(pid, 'SIGSTOP');
  const resume = () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // The process has ended.
    }
  };
  t.after(resume);
  return resume;
}

/** @param {number} pid @returns {string | undefined} the process's state; undefined when it has ended */
function stateOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may contain spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
  } catch {
    return undefined;
  }
}
